"""Files appear whole or not at all: a full disk or a kill while writing leaves no partial file under the final name."""

import os
import tempfile
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

UNFINISHED = ".unfinished"  # the folder for files being written, on the same disk


class WholeFileStorage(FileSystemStorage):
    """Django's storage, but a file gets its name only when all of it is on the disk."""

    def _save(self, name: str, content: "File[Any]") -> str:
        folder = self.path(UNFINISHED)
        os.makedirs(folder, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as written:
            try:
                for chunk in content.chunks():
                    written.write(chunk if isinstance(chunk, bytes) else chunk.encode())
                written.flush()
                os.fsync(written.fileno())
                return super()._save(name, _Finished(written))  # type: ignore[misc, no-any-return] # private to Django
            except BaseException:
                os.unlink(written.name)
                raise


class _Finished(File):
    """Django moves a file that has a path on the disk."""

    def temporary_file_path(self) -> str:
        return str(self.name)
