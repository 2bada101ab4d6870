"""Paths of thumbnails: next to the picture and named after it, so that a page reads neither disk nor table."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.files.storage import default_storage

TARGET = "catalog.ProductImage.image"


@dataclass(frozen=True, slots=True)
class Picture:
    """The attributes of an ``img``: square, ``width`` = ``height`` CSS pixels. ``srcset`` is empty when there is one
    size."""

    url: str
    alt: str
    width: int
    srcset: str = ""

    @property
    def height(self):
        return self.width


@cache
def sizes():
    """Shape: ``{"card": 360, ...}``: the edge in pixels of each square thumbnail that is made."""
    return {alias: options["size"][0] for alias, options in settings.THUMBNAIL_ALIASES[TARGET].items()}


def thumbnail_url(name, alias):
    """The address of the thumbnail ``alias`` of the stored picture ``name``; empty for no picture."""
    return default_storage.url(f"{name}.{alias}.webp") if name else ""


def detail_picture(image):
    """A ``Picture`` for the gallery of the detail page."""
    return Picture(url=thumbnail_url(image.image.name, "detail"), alt=image.alt, width=sizes()["detail"])


def row_picture(image):
    """A ``Picture`` for rows in carts and orders: 80 CSS pixels, sharp at 2x."""
    return Picture(url=thumbnail_url(image.image.name, "row"), alt=image.alt, width=sizes()["row"] // 2)
