"""A separate program that decodes one picture, started by ``pictures`` with resource limits.

Its input is the file, its output the picture that is kept, in WebP. It exits with ``NO_PICTURE`` if the file cannot be
read and with ``NO_MEMORY`` if its memory limit is too low; the kernel kills it when it takes too long. Its memory is
freed with the process.

Only one process of this machine decodes at a time; the others wait.
"""

import fcntl
import json
import resource
import sys
from io import BytesIO

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

NO_PICTURE, NO_MEMORY = 3, 4
GROUND = (255, 255, 255)
PLUGINS = JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # imported before the limits apply


def main(limits):
    for what, most in {"AS": limits["process_bytes"], "CPU": limits["processor_s"], "CORE": 0, "FSIZE": 0}.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))
    Image.MAX_IMAGE_PIXELS = None  # the header has been checked
    content = sys.stdin.buffer.read()
    with open(__file__, "rb") as turns:
        fcntl.flock(turns, fcntl.LOCK_EX)
        try:
            kept = made_anew(content, limits["edge"], limits["formats"])
        except MemoryError:
            return NO_MEMORY
        except (OSError, SyntaxError, ValueError, EOFError):
            return NO_PICTURE
    sys.stdout.buffer.write(kept)
    return 0


def made_anew(content, edge, formats):
    """The picture upright, at most ``edge`` pixels on each side, without metadata."""
    with Image.open(BytesIO(content), formats=formats) as image:
        enough = 2 * edge / max(image.size)
        image.draft(None, tuple(int(side * enough) for side in image.size))  # a JPEG is decoded at twice that size
        pixels = image.convert("RGBA") if _has_palette(image) else image
        pixels.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        pixels = _flat(ImageOps.exif_transpose(pixels))
    kept = BytesIO()
    pixels.save(kept, "WEBP", quality=90, method=4)
    return kept.getvalue()


def _has_palette(image):
    """Whether its colours must be converted before it is scaled down."""
    return image.mode in ("1", "P", "PA") or "transparency" in image.info


def _flat(image):
    """RGB on a white ground."""
    if image.mode in ("RGBA", "LA"):
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (*GROUND, 255))
        return Image.alpha_composite(ground, image).convert("RGB")
    return image.convert("RGB")


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
