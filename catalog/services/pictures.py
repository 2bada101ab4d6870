"""Pictures that are uploaded: checked, made anew without what they carried along, cut to the pages' sizes (E8)."""

from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from easy_thumbnails.alias import aliases
from easy_thumbnails.files import get_thumbnailer
from easy_thumbnails.models import Source
from PIL import Image, ImageOps

from catalog.pictures import TARGET, sizes
from core.errors import DomainError

FORMATS = ["JPEG", "PNG", "WEBP"]
LARGEST_BYTES = 8 * 1024 * 1024
LONGEST_EDGE = 6000
SMALLEST_EDGE = 160
KEPT_EDGE = 1600
GROUND = (255, 255, 255)


class BadPicture(DomainError):
    code = "bad_picture"
    message = _("This file is not a picture that can be read. Use JPEG, PNG or WebP.")


class PictureTooLarge(BadPicture):
    code = "picture_too_large"
    message = _("The picture is too large: at most 8 MB and 6,000 pixels on each side.")


class PictureTooSmall(BadPicture):
    code = "picture_too_small"
    message = _("The picture is too small: at least 160 pixels on each side.")


def prepare(file):
    """Check an uploaded or opened ``file`` and make the picture that is kept: a ``ContentFile`` in WebP.

    1. The size in bytes is limited before anything is decoded, the size in pixels by the header alone.
    2. The format is what the content says, whatever the name or the sender claims.
    3. The pixels are decoded and written anew, upright and without any metadata (place, camera, comments).

    Raises ``BadPicture`` and its kinds.
    """
    file.seek(0)
    content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise PictureTooLarge
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if max(image.size) > LONGEST_EDGE:
                raise PictureTooLarge
            if min(image.size) < SMALLEST_EDGE:
                raise PictureTooSmall
            image.verify()
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            pixels = _flat(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLarge from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise BadPicture from error
    pixels.thumbnail((KEPT_EDGE, KEPT_EDGE), Image.Resampling.LANCZOS)
    kept = BytesIO()
    pixels.save(kept, "WEBP", quality=90, method=4)
    return ContentFile(kept.getvalue(), name="picture.webp")


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


def _flat(image):
    """RGB on a white ground."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (*GROUND, 255))
        return Image.alpha_composite(ground, image).convert("RGB")
    return image.convert("RGB")
