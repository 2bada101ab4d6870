"""A file is whole or not there."""

import resource
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages

KB = 1024


@pytest.fixture
def room(media):
    """``room(bytes)``: no file may become larger, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files():
    return [path for path in Path(default_storage.location).rglob("*") if path.is_file()]


def test_a_full_disk_leaves_no_torn_file(room):
    default_storage.save("a/old.webp", ContentFile(b"o" * KB))
    room(16 * KB)
    with pytest.raises(OSError, match="too large"):
        default_storage.save("a/new.webp", ContentFile(b"n" * 64 * KB))
    assert [path.name for path in files()] == ["old.webp"]


def test_what_is_saved_is_as_django_saves_it():
    name = default_storage.save("a/b.txt", ContentFile("中文"))
    again = default_storage.save("a/b.txt", ContentFile(b"second"))
    assert name == "a/b.txt"
    assert again != name
    assert Path(default_storage.path(name)).read_text() == "中文"
    assert Path(default_storage.path(again)).read_bytes() == b"second"
    assert Path(default_storage.path(name)).stat().st_mode & 0o777 == 0o644
    assert len(files()) == 2


def test_a_writer_that_breaks_leaves_nothing():
    class Broken(ContentFile):
        def chunks(self, *_arguments):
            yield b"half"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        default_storage.save("a.txt", Broken(b""))
    assert files() == []


def test_private_files_are_stored_alike():
    assert type(storages["private"]) is type(storages["default"])
