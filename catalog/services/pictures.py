"""Pictures that are uploaded: checked, made anew without what they carried along, cut to the pages' sizes (E8).

Whoever uploads decides how much memory and time a picture takes, so both are bounded here for every upload of the mall:
the header says how many pixels there are before one of them is decoded, and a process decodes for one sender at a time.
"""

import ctypes
from contextlib import contextmanager, suppress
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from easy_thumbnails.alias import aliases
from easy_thumbnails.files import get_thumbnailer
from easy_thumbnails.models import Source
from PIL import Image, ImageOps

from catalog.pictures import TARGET, sizes
from core.errors import Busy, DomainError
from core.turns import Full, Turns

FORMATS = ["JPEG", "PNG", "WEBP"]
LARGEST_BYTES = 20 * 1024 * 1024
LONGEST_EDGE = 16_000
SMALLEST_EDGE = 160
# Four bytes a pixel, twice while it is made smaller. A JPEG of one scan is decoded small at once, whatever it measures.
MOST_PIXELS = 25_000_000
MOST_PIXELS_OF_PHOTO = 65_000_000
KEPT_EDGE = 1600
GROUND = (255, 255, 255)
PLACES = 3  # one decodes, the others wait
LONGEST_WAIT_S = 10

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
        "JPEG, 25 million in PNG, WebP and progressive JPEG."
    )


class PictureTooSmall(BadPicture):
    code = "picture_too_small"
    message = _("The picture is too small: at least 160 pixels on each side.")


class TooManyPicturesAtOnce(Busy):
    """Others' pictures are being decoded."""

    message = _("Many pictures are arriving right now. Nothing was changed, please try again in a moment.")


def prepare(file):
    """``prepare_all`` of one file."""
    return prepare_all([file])[0]


def prepare_all(files):
    """Check uploaded or opened ``files`` and make the pictures that are kept: ``ContentFile``s in WebP.

    1. The size in bytes is limited before anything is decoded, the size in pixels by the header alone; when one of them
       is refused, none is decoded.
    2. The format is what the content says, whatever the name or the sender claims.
    3. The pixels are decoded and written anew, upright and without any metadata (place, camera, comments).

    Raises ``BadPicture`` and its kinds, ``TooManyPicturesAtOnce``.
    """
    for file in files:
        with _reading():
            _check(_content(file))
    try:
        with turns.place():
            try:
                return [_made_anew(file) for file in files]
            finally:
                _give_memory_back()
    except Full as full:
        raise TooManyPicturesAtOnce from full


def make_thumbnails(image):
    """Cut the picture of a saved ``ProductImage`` to every size; sizes that exist already are left alone."""
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
    """What a picture that cannot be read makes Pillow raise, as our errors."""
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
        if max(width, height) > LONGEST_EDGE or width * height > (MOST_PIXELS_OF_PHOTO if is_photo else MOST_PIXELS):
            raise PictureTooLarge
        if min(width, height) < SMALLEST_EDGE:
            raise PictureTooSmall
        image.verify()


def _components_of_first_scan(content):
    """How many colours the first scan of a JPEG holds, 0 for anything else. When there are more scans, the decoder
    keeps all coefficients of the picture in memory, however small it is to become."""
    place = 2
    while content[place : place + 1] == b"\xff" and 0xC0 <= content[place + 1] <= 0xFE:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4])
        if marker == START_OF_SCAN:
            return content[place + 4]
        if marker in MARKERS_ALONE:
            return 0
        place += 2 + length
    return 0


def _made_anew(file):
    with _reading(), Image.open(BytesIO(_content(file)), formats=FORMATS) as image:
        enough = 2 * KEPT_EDGE / max(image.size)
        image.draft(None, tuple(int(edge * enough) for edge in image.size))  # a JPEG is decoded at about twice the size
        pixels = image.convert("RGBA") if _has_palette(image) else image
        pixels.thumbnail((KEPT_EDGE, KEPT_EDGE), Image.Resampling.LANCZOS)
        pixels = _flat(ImageOps.exif_transpose(pixels))
    kept = BytesIO()
    pixels.save(kept, "WEBP", quality=90, method=4)
    return ContentFile(kept.getvalue(), name="picture.webp")


def _has_palette(image):
    """Whether its colours cannot be mixed as they are when it is made smaller."""
    return image.mode in ("1", "P", "PA") or "transparency" in image.info


def _give_memory_back():
    """Blocks of pixels are small enough for the C library to keep them for later; it gives them back when asked.
    Libraries that have no such call keep none."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _flat(image):
    """RGB on a white ground."""
    if image.mode in ("RGBA", "LA"):
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (*GROUND, 255))
        return Image.alpha_composite(ground, image).convert("RGB")
    return image.convert("RGB")
