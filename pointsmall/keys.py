"""Checks the secret keys in production: they must not be published in this project, nor easy to guess."""

from cryptography.fernet import Fernet

DEVELOPMENT_SECRET_KEY = "development-only"  # noqa: S105 - known to everybody, and refused in production
DEVELOPMENT_FIELD_KEY = "ZGV2ZWxvcG1lbnQtb25seS1kZXZlbG9wbWVudC1vbmw="
SHORTEST = 50  # characters of SECRET_KEY
FEWEST_DIFFERENT = 10
NEW_SIGNING = 'python -c "import secrets; print(secrets.token_urlsafe(50))"'
NEW_FIELD = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


def refusals(secret_key, field_keys):
    """``{variable: why it is refused and how to make a good one}``; empty if both are good enough for production."""
    refused = {}
    if secret_key == DEVELOPMENT_SECRET_KEY or secret_key.startswith("django-insecure-"):
        refused["SECRET_KEY"] = f"is the one of development; make one by {NEW_SIGNING}"
    elif len(secret_key) < SHORTEST or len(set(secret_key)) < FEWEST_DIFFERENT:
        refused["SECRET_KEY"] = f"can be guessed: it wants {SHORTEST} random characters; make one by {NEW_SIGNING}"
    if DEVELOPMENT_FIELD_KEY in field_keys:
        refused["FIELD_KEYS"] = f"has the one of development; make one by {NEW_FIELD}"
    elif not all(map(_is_key, field_keys)):
        refused["FIELD_KEYS"] = f"has one that is no Fernet key; make one by {NEW_FIELD}"
    return refused


def _is_key(text):
    try:
        Fernet(text)
    except ValueError:  # not base64, or not 32 bytes
        return False
    return True
