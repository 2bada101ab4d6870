"""Uploaded pictures: checked, re-encoded without metadata, cut to the sizes of the pages (E8).

An uploader could make a picture take much memory and time, so both are limited here for all uploads: the number of
pixels is read from the header before decoding, and each machine decodes one picture at a time, in a separate process
(``picture_child``).
"""

import json
import subprocess
import sys
from contextlib import contextmanager
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from easy_thumbnails.alias import aliases
from easy_thumbnails.files import get_thumbnailer
from easy_thumbnails.models import Source
from PIL import Image

from catalog.pictures import TARGET, sizes
from catalog.services import picture_child
from core.errors import Busy, DomainError
from core.turns import Full, Turns

FORMATS = ["JPEG", "PNG", "WEBP"]
LARGEST_BYTES = 20 * 1024 * 1024
LONGEST_EDGE = 16_000
SMALLEST_EDGE = 160
# Full decoding takes up to 11 bytes per pixel, for WebP 17. A JPEG with one scan is decoded at reduced size, however
# large it is.
MOST_PIXELS = {"JPEG": 25_000_000, "PNG": 25_000_000, "WEBP": 16_000_000}
MOST_PIXELS_OF_PHOTO = 65_000_000
MOST_MEMORY = 384 * 2**20  # of the decoding process, in bytes
MOST_PROCESSOR_S = 10
PATIENCE_S = 20  # wall clock time, which includes waiting for others on this machine
KEPT_EDGE = 1600
PLACES = 3  # one decodes, the others wait
LONGEST_WAIT_S = 10

CHILD = [
    sys.executable,
    "-I",
    picture_child.__file__,
    json.dumps(
        {"process_bytes": MOST_MEMORY, "processor_s": MOST_PROCESSOR_S, "edge": KEPT_EDGE, "formats": FORMATS},
    ),
]
OPTIONS = {
    "stdout": subprocess.PIPE,
    "stderr": subprocess.DEVNULL,
    "env": {"MALLOC_ARENA_MAX": "1"},  # address space counts even if unused
    "cwd": "/",
    "start_new_session": True,  # a Ctrl-C for the mall does not interrupt it
}

START_OF_SCAN = 0xDA
MARKERS_ALONE = range(0xD0, 0xDA)  # without a length

turns = Turns(places=PLACES, longest_wait_s=LONGEST_WAIT_S)


class BadPicture(DomainError):
    code = "bad_picture"
    message = _("This file is not a picture that can be read. Use JPEG, PNG or WebP.")


class PictureTooLarge(BadPicture):
    code = "picture_too_large"
    message = _(
        "The picture is too large. It may have 20 MB, 16,000 pixels on each side and 65 million pixels as a photo in "
        "JPEG, 25 million in PNG and progressive JPEG, 16 million in WebP."
    )


class PictureTooSmall(BadPicture):
    code = "picture_too_small"
    message = _("The picture is too small: at least 160 pixels on each side.")


class TooManyPicturesAtOnce(Busy):
    """Too many other pictures are being decoded."""

    message = _("Many pictures are arriving right now. Nothing was changed, please try again in a moment.")


def prepare(file):
    """``prepare_all`` of one file."""
    return prepare_all([file])[0]


def prepare_all(files):
    """Check uploaded or opened ``files`` and make the pictures to store: ``ContentFile``s in WebP.

    1. The size in bytes is limited before anything is decoded, the size in pixels by the header alone; when one of them
       is refused, none is decoded.
    2. The content decides the format, not the name or the sender's claim.
    3. The pixels are decoded and re-encoded, upright and without any metadata (place, camera, comments).

    Raises ``BadPicture`` and its kinds, ``TooManyPicturesAtOnce``.
    """
    for file in files:
        with _reading():
            _check(_content(file))
    try:
        with turns.place():
            return [_made_anew(_content(file)) for file in files]
    except Full as full:
        raise TooManyPicturesAtOnce from full


def make_thumbnails(image):
    """Cut the picture of a saved ``ProductImage`` to every size; existing sizes are kept."""
    thumbnailer = get_thumbnailer(image.image)
    for alias, options in aliases.all(TARGET).items():
        thumbnailer.get_thumbnail({**options, "ALIAS": alias})


def remove_files(name):
    """Delete the stored picture ``name`` and its thumbnails; call it after commit."""
    for file in [name, *(f"{name}.{alias}.webp" for alias in sizes())]:
        default_storage.delete(file)
    Source.objects.filter(name=name).delete()


@contextmanager
def _reading():
    """Turns Pillow's errors for unreadable pictures into ours."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLarge from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise BadPicture from error


def _content(file):
    file.seek(0)
    content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise PictureTooLarge
    return content


def _check(content):
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        width, height = image.size
        is_photo = not image.info.get("progressive") and _components_of_first_scan(content) == len(image.getbands())
        most = MOST_PIXELS_OF_PHOTO if is_photo else MOST_PIXELS[image.format]
        if max(width, height) > LONGEST_EDGE or width * height > most:
            raise PictureTooLarge
        if min(width, height) < SMALLEST_EDGE:
            raise PictureTooSmall
        image.verify()


def _components_of_first_scan(content):
    """How many colours the first scan of a JPEG holds, 0 for anything else. With more scans, the decoder keeps all
    coefficients of the picture in memory, however small the result."""
    place = 2
    while content[place : place + 1] == b"\xff" and 0xC0 <= content[place + 1] <= 0xFE:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4])
        if marker == START_OF_SCAN:
            return content[place + 4]
        if marker in MARKERS_ALONE:
            return 0
        place += 2 + length
    return 0


def _made_anew(content):
    try:
        done = subprocess.run(CHILD, input=content, timeout=PATIENCE_S, check=False, **OPTIONS)
    except subprocess.TimeoutExpired as error:
        raise TooManyPicturesAtOnce from error
    if done.returncode == picture_child.NO_MEMORY:
        raise PictureTooLarge
    if done.returncode:
        raise BadPicture
    return ContentFile(done.stdout, name="picture.webp")
