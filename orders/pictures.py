"""Pictures that only some may see: kept in the private storage, sent by us and nobody else (F10)."""

from django.core.files.storage import storages
from django.http import FileResponse


def send_picture(picture):
    """An ``AfterSalePicture`` to whoever was found to be allowed to see it; nobody in between keeps it."""
    return FileResponse(
        storages["private"].open(picture.name),
        content_type="image/webp",
        headers={"Cache-Control": "private, max-age=600"},
    )
