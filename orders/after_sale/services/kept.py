"""Pictures of a form that came back: they wait for the next try, so that nobody has to choose them anew (F10).

Each member has one set at a time, of as many as a request may have, made small as those of a request are. It lies in a
folder of the member's own: a token that somebody else sends finds nothing. What nobody sends is swept after a while.
"""

import re
import uuid
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from catalog.services import pictures as checked_pictures
from orders.after_sale.services.requesting import TooManyPictures
from orders.parameters import MAX_AFTER_SALE_PICTURES

FOLDER = "after-sale-kept"
KEPT = timedelta(hours=2)
TOKEN = re.compile(r"[0-9a-f]{32}")


def keep(*, member, pictures):
    """Keep ``pictures``, opened files, in place of those before; returns the token that ``find`` takes. Raises
    ``TooManyPictures``, ``BadPicture`` or ``TooManyPicturesAtOnce``, and those before stay."""
    most = MAX_AFTER_SALE_PICTURES.value
    if len(pictures) > most:
        raise TooManyPictures(most=most)
    contents = checked_pictures.prepare_all(pictures)
    drop(member=member)
    token = uuid.uuid4().hex
    for number, content in enumerate(contents):
        _storage().save(f"{_folder(member)}/{token}-{number}.webp", content)
    return token


def find(*, member, token):
    """The member's pictures of that token as files, in their order; none where there is no such set."""
    if not TOKEN.fullmatch(token):
        return []
    names = sorted(name for name in _files(_folder(member)) if name.startswith(token))
    return [_read(f"{_folder(member)}/{name}") for name in names]


def drop(*, member):
    """They were sent, or others take their place."""
    for name in _files(_folder(member)):
        _storage().delete(f"{_folder(member)}/{name}")


def sweep(*, at):
    """Delete what nobody sent in time."""
    folders = _storage().listdir(FOLDER)[0] if _storage().exists(FOLDER) else []
    for folder in folders:
        for name in _files(f"{FOLDER}/{folder}"):
            path = f"{FOLDER}/{folder}/{name}"
            if _storage().get_modified_time(path) < at - KEPT:
                _storage().delete(path)


def _read(path):
    with _storage().open(path) as file:
        return ContentFile(file.read(), name=path)


def _storage():
    return storages["private"]


def _folder(member):
    return f"{FOLDER}/{member.pk}"


def _files(folder):
    return _storage().listdir(folder)[1] if _storage().exists(folder) else []
