"""Personal data encrypted at rest (H6)."""

import hashlib
import hmac
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression


@cache
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def encrypt(text: str) -> str:
    """The stored form of a text in an ``EncryptedTextField``; for statements that bypass the ORM."""
    return text and _fernet().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """The plain text of what ``encrypt`` returned."""
    return text and _fernet().decrypt(text).decode()


class EncryptedTextField(models.TextField):
    """Text that only the mall can read: encrypted with the first of ``FIELD_KEYS``, readable with any of them.

    Equal texts differ in the database, so the column cannot be searched or unique; keep a ``fingerprint`` beside it
    where that is needed.
    """

    def get_prep_value(self, value: Any) -> str | None:
        text = super().get_prep_value(value)
        return None if text is None else encrypt(text)

    def from_db_value(self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper) -> str | None:
        return None if value is None else decrypt(value)


def fingerprint(text: str) -> str:
    """A keyed hash (64 hex digits) by which an encrypted text can be found again."""
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
