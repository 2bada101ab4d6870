"""Uploads are pictures, or they are refused; what is kept carries nothing along (E8)."""

import fcntl
import json
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from catalog.pictures import detail_picture, sizes, thumbnail_url
from catalog.services import picture_child, pictures, products
from core import actors, clock
from core.turns import Turns

STAFF = actors.staff(1)


@pytest.mark.parametrize(
    ("image_format", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("WEBP", "RGBA")],
)
def test_what_is_kept_is_webp(image_format, mode, picture):
    kept = pictures.prepare(picture(image_format=image_format, mode=mode, name="../../evil.php"))
    with Image.open(kept) as image:
        assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (800, 800))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<?php echo 1;",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"%PDF-1.7",
    ],
)
def test_what_is_no_picture(content):
    with pytest.raises(pictures.BadPicture):
        pictures.prepare(ContentFile(content, name="picture.png"))


@pytest.mark.parametrize("image_format", ["GIF", "BMP", "TIFF", "ICO"])
def test_other_formats_under_a_false_name(image_format, picture):
    with pytest.raises(pictures.BadPicture):
        pictures.prepare(picture((200, 200), image_format, name="picture.jpg"))


def test_a_broken_picture(picture):
    whole = picture((400, 400), "JPEG", quality=95).read()
    with pytest.raises(pictures.BadPicture):
        pictures.prepare(ContentFile(whole[: len(whole) // 2], name="half.jpg"))


@pytest.mark.parametrize(
    ("size", "error"),
    [
        ((160, 160), None),
        ((159, 800), pictures.PictureTooSmall),
        ((16_000, 200), None),
        ((16_001, 200), pictures.PictureTooLarge),
    ],
)
def test_edges(size, error, picture):
    if error:
        with pytest.raises(error):
            pictures.prepare(picture(size, "PNG"))
    else:
        with Image.open(pictures.prepare(picture(size, "PNG"))) as image:
            assert max(image.size) <= pictures.KEPT_EDGE


def test_a_bomb_is_refused_by_its_header():
    bomb = BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 200_000
    with pytest.raises(pictures.PictureTooLarge):
        pictures.prepare(ContentFile(bomb.getvalue(), name="bomb.png"))


PHOTO = pictures.MOST_PIXELS_OF_PHOTO


@pytest.mark.parametrize(
    ("image_format", "options", "most"),
    [
        ("JPEG", {}, PHOTO),
        ("JPEG", {"progressive": True}, pictures.MOST_PIXELS["JPEG"]),
        ("PNG", {}, pictures.MOST_PIXELS["PNG"]),
        ("WEBP", {}, pictures.MOST_PIXELS["WEBP"]),
    ],
)
def test_pixels_are_counted_before_they_are_decoded(image_format, options, most, picture, monkeypatch):
    """The limits are made 400 times smaller here, so that the pictures are."""
    monkeypatch.setattr(pictures, "MOST_PIXELS", {name: n // 400 for name, n in pictures.MOST_PIXELS.items()})
    monkeypatch.setattr(pictures, "MOST_PIXELS_OF_PHOTO", PHOTO // 400)
    height = most // 400 // 250
    assert pictures.prepare(picture((250, height), image_format, **options))
    monkeypatch.setattr(pictures, "CHILD", ["/bin/false"])
    with pytest.raises(pictures.PictureTooLarge):
        pictures.prepare_all([picture(), picture((250, height + 1), image_format, **options)])


def test_a_jpeg_of_several_scans_is_no_photo(picture, monkeypatch):
    """Its decoder keeps the coefficients of every pixel, whatever the scans are called."""
    content = bytearray(picture((300, 300), "JPEG").read())
    scan = content.index(b"\xff\xda\x00\x0c\x03")
    content[scan : scan + 14] = b"\xff\xda\x00\x08\x01" + content[scan + 5 : scan + 7] + b"\x00\x3f\x00"
    monkeypatch.setitem(pictures.MOST_PIXELS, "JPEG", 200 * 200)
    with pytest.raises(pictures.PictureTooLarge):
        pictures.prepare(ContentFile(bytes(content)))


def test_a_photo_of_48_megapixels_is_made_small(monkeypatch):
    """Decoded at half its size: 12 million pixels in memory, not 48."""
    photo = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (8064, 6048), (90, 120, 60)).save(photo, "JPEG", exif=exif)
    seen = []
    real = Image.Image.thumbnail

    def thumbnail(image, *args):
        image.load()
        seen.append(image.size)
        return real(image, *args)

    monkeypatch.setattr(Image.Image, "thumbnail", thumbnail)
    kept = picture_child.made_anew(photo.getvalue(), pictures.KEPT_EDGE, pictures.FORMATS)
    with Image.open(BytesIO(kept)) as image:
        assert image.size == (1200, 1600)
    assert seen == [(4032, 3024)]


def tiny_webp(width, height):
    """A lossless WebP with transparency, of one colour: 32 bytes, however many pixels."""
    one_symbol = "1" + "0" * 3  # a simple code, of one symbol, of one bit: 0
    bits = f"{width - 1:014b}"[::-1] + f"{height - 1:014b}"[::-1] + "1000" + "000" + 5 * one_symbol
    packed = bytes(int(bits[n : n + 8][::-1], 2) for n in range(0, len(bits), 8))
    data = b"\x2f" + packed + b"\0" * 4
    chunk = b"WEBPVP8L" + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    return ContentFile(b"RIFF" + len(chunk).to_bytes(4, "little") + chunk)


def memory(what):
    """``RSS`` of this process now, or its peak ``HWM`` since ``forget_peak``, in bytes."""
    lines = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[f"Vm{what}"].split()[0]) * 1024


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5")


@pytest.mark.parametrize(
    ("image_format", "mode", "options"),
    [
        ("WEBP", "RGBA", {"lossless": True}),
        ("PNG", "RGBA", {}),
        ("PNG", "P", {}),
        ("JPEG", "CMYK", {"progressive": True}),
        ("JPEG", "RGB", {}),
    ],
)
def test_a_process_of_its_own_takes_the_memory_of_the_largest(image_format, mode, options, picture):
    """It takes each of them with the memory it may have; this process grows by what is kept alone."""
    most = PHOTO if (image_format, options) == ("JPEG", {}) else pictures.MOST_PIXELS[image_format]
    edge = int(most**0.5)
    upload = tiny_webp(edge, edge) if image_format == "WEBP" else picture((edge, edge), image_format, mode, **options)
    pictures.prepare(picture())
    forget_peak()
    before = memory("RSS")
    with Image.open(pictures.prepare(upload)) as image:
        assert image.size == (pictures.KEPT_EDGE, pictures.KEPT_EDGE)
    assert memory("HWM") - before < 16 * 2**20


def test_thirty_two_bytes_of_25_megapixels_are_refused():
    bomb = tiny_webp(5000, 5000)
    assert bomb.size == 32
    with pytest.raises(pictures.PictureTooLarge):
        pictures.prepare(bomb)


@pytest.mark.parametrize(
    ("limit", "most", "error"),
    [("process_bytes", 64 * 2**20, pictures.PictureTooLarge), ("processor_s", 0, pictures.BadPicture)],
)
def test_what_takes_more_than_it_may_is_refused(limit, most, error, picture, monkeypatch):
    limits = json.loads(pictures.CHILD[-1]) | {limit: most}
    monkeypatch.setattr(pictures, "CHILD", [*pictures.CHILD[:-1], json.dumps(limits)])
    with pytest.raises(error):
        pictures.prepare(picture((4000, 4000), "PNG"))


def test_processes_of_a_machine_wait_for_one_another(picture, monkeypatch):
    monkeypatch.setattr(pictures, "PATIENCE_S", 0.5)
    with open(picture_child.__file__) as turns:
        fcntl.flock(turns, fcntl.LOCK_EX)
        with pytest.raises(pictures.TooManyPicturesAtOnce):
            pictures.prepare(picture())
    assert pictures.prepare(picture())


def test_one_sender_at_a_time(picture, monkeypatch):
    monkeypatch.setattr(pictures, "turns", Turns(places=2, longest_wait_s=0.05))
    with pictures.turns.place():
        with pytest.raises(pictures.TooManyPicturesAtOnce):
            pictures.prepare(picture())
        with pytest.raises(pictures.PictureTooSmall):  # what the header says is told at once
            pictures.prepare(picture((20, 20)))
    assert pictures.prepare(picture())


def test_too_many_bytes(picture):
    content = picture().read()
    padded = content + b"\0" * (pictures.LARGEST_BYTES + 1 - len(content))
    with pytest.raises(pictures.PictureTooLarge):
        pictures.prepare(ContentFile(padded, name="large.webp"))


def test_metadata_is_dropped_and_the_picture_upright(picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 0.0)  # where it was taken
    kept = pictures.prepare(picture((400, 200), "JPEG", exif=exif, comment=b"private"))
    content = kept.read()
    assert b"SecretCamera" not in content
    assert b"private" not in content
    with Image.open(BytesIO(content)) as image:
        assert image.size == (200, 400)
        assert not image.getexif()


@pytest.mark.django_db
def test_thumbnails_are_made_once_under_known_names(make_product, settings, picture):
    product = make_product(images=[(picture((1000, 900), "PNG", name="my holiday.png"), "正面")])
    image = product.images.get()
    assert "holiday" not in image.image.name
    folder = Path(settings.MEDIA_ROOT)
    for alias, edge in sizes().items():
        with Image.open(folder / f"{image.image.name}.{alias}.webp") as thumbnail:
            assert (thumbnail.format, thumbnail.size) == ("WEBP", (edge, edge))
        assert thumbnail_url(image.image.name, alias).endswith(f"{image.image.name}.{alias}.webp")
    made = {path: path.stat().st_mtime_ns for path in folder.rglob("*.webp")}
    products.save_product(product=product, by=STAFF, at=clock.now())
    assert made == {path: path.stat().st_mtime_ns for path in folder.rglob("*.webp")}
    assert (detail_picture(image).width, detail_picture(image).height) == (800, 800)


@pytest.mark.django_db
def test_files_go_with_their_row_after_commit(make_product, settings, django_capture_on_commit_callbacks, picture):
    product = make_product(images=[picture(), picture()])
    removed = product.images.last()
    with django_capture_on_commit_callbacks(execute=True):
        products.save_product(product=product, removed_images=[removed], by=STAFF, at=clock.now())
    files = {path.name for path in Path(settings.MEDIA_ROOT).rglob("*.webp")}
    assert len(files) == 1 + len(sizes())
    assert not any(name.startswith(Path(removed.image.name).name) for name in files)
