"""Personal data encrypted at rest (H6)."""

import hashlib
import hmac
from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@cache
def _fernet():
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def encrypt(text):
    """What ``EncryptedTextField`` stores for a text; for statements that the ORM does not write."""
    return text if text in (None, "") else _fernet().encrypt(text.encode()).decode()


def decrypt(text):
    """The text that ``encrypt`` was given."""
    return text if text in (None, "") else _fernet().decrypt(text).decode()


class EncryptedTextField(models.TextField):
    """Text that only the mall can read: encrypted with the first of ``FIELD_KEYS``, readable with any of them.

    Equal texts differ in the database, so the column cannot be searched or unique; keep a ``fingerprint`` beside it
    where that is needed.
    """

    def get_prep_value(self, value):
        return encrypt(super().get_prep_value(value))

    def from_db_value(self, value, expression, connection):
        return decrypt(value)


def fingerprint(text):
    """A keyed hash (64 hex digits) by which an encrypted text can be found again."""
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
