"""Reads RSA keys and certificates in all the formats that banks and payment services hand out.

PEM or bare base64, indented, on one line or with other line ends, with a byte order mark, PKCS#1 or PKCS#8. Settings
and services read keys only through this module, so a key that passed ``manage.py check`` works later too.
"""

import base64
import binascii
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_der_x509_certificate

BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
BARE = re.compile(r"[A-Za-z0-9+/=\s]{200,}")  # base64 without a frame; no path looks like that
DER = b"\x30"  # the first bytes of any key or certificate
PKCS12 = re.compile(b"\x30[\x80-\x84].{0,4}\x02\x01\x03", re.DOTALL)
ESCAPED = {"\\r": "", "\\n": "\n", "\\/": "/"}  # in JSON, and in a variable on one line
UNSEEN = re.compile("[\ufeff\u200b-\u200f\u202a-\u202e\u2060]")  # characters copied along from web pages
PRIVATE = ("PRIVATE KEY", "RSA PRIVATE KEY")
PUBLIC = ("PUBLIC KEY", "RSA PUBLIC KEY")
CERTIFICATE = ("CERTIFICATE", "TRUSTED CERTIFICATE")
Loaded = TypeVar("Loaded")
LOCKED, NOT_RSA = "is protected by a password; give it without one", "is not an RSA key"
NAMES = {PRIVATE: "a private key", PUBLIC: "a public key", CERTIFICATE: "a certificate"}


class UnreadableKey(ValueError):
    """The message says what is wrong with the text and continues "the key ..."."""


def text_of(value: str) -> str:
    """The text of a key that is given directly or as a file path; raises ``OSError`` if there is no such file."""
    value = value.strip("\ufeff \t\r\n\"'")
    text = _plain(value)
    if not text or "BEGIN " in text or BARE.fullmatch(text):
        return text
    content = Path(value).read_bytes()
    if content.startswith(DER):
        return base64.b64encode(content).decode()
    coding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return content.decode(coding, "replace")


@lru_cache(maxsize=64)
def private_key(text: str) -> RSAPrivateKey:
    """The RSA private key; raises ``UnreadableKey``."""
    return _loaded(text, PRIVATE, lambda der: serialization.load_der_private_key(der, password=None), RSAPrivateKey)


@lru_cache(maxsize=64)
def private_pem(text: str) -> str:
    """The private key as PKCS#8 in PEM, for libraries that need this format; raises ``UnreadableKey``."""
    form = serialization.PrivateFormat.PKCS8
    return private_key(text).private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@lru_cache(maxsize=64)
def public_key(text: str) -> RSAPublicKey:
    """The RSA public key; raises ``UnreadableKey``."""
    return _loaded(text, PUBLIC, serialization.load_der_public_key, RSAPublicKey)


@lru_cache(maxsize=64)
def public_pem(text: str) -> str:
    """The public key in PEM, for libraries that need this format; raises ``UnreadableKey``."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return public_key(text).public_bytes(serialization.Encoding.PEM, form).decode()


@lru_cache(maxsize=64)
def certificate(text: str) -> Certificate:
    """The X.509 certificate; raises ``UnreadableKey``."""
    found = _loaded(text, CERTIFICATE, load_der_x509_certificate, Certificate)
    _check_rsa(found.public_key, RSAPublicKey)
    return found


def fault(load: Callable[[str], object], text: str) -> str:
    """Why ``load``, one of the above, cannot read ``text``; empty when it can, or when there is nothing to read."""
    try:
        load(text) if text else None
    except UnreadableKey as error:
        return str(error)
    return ""


def is_signed(key: RSAPublicKey, content: bytes, signature: str) -> bool:
    """Whether ``signature`` (base64) over bytes is RSA-SHA256 of the private key beside the public ``key``."""
    try:
        key.verify(base64.b64decode(signature, validate=True), content, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError, TypeError, AttributeError):
        return False
    return True


def is_pair(private: str, public: str) -> bool:
    """Whether two texts that can be read, of a private key and of a public key or certificate, belong together."""
    other: object = public_key(public) if not fault(public_key, public) else certificate(public).public_key()
    if not isinstance(other, RSAPublicKey):
        return False
    return private_key(private).public_key().public_numbers() == other.public_numbers()


def _loaded(text: str, labels: tuple[str, str], load: Callable[[bytes], object], kind: type[Loaded]) -> Loaded:
    der = _der(_plain(text), labels)
    if PKCS12.match(der):
        raise UnreadableKey(f"is a .pfx file; take {NAMES[labels]} out of it, without a password")
    try:
        return _check_rsa(lambda: load(der), kind)
    except TypeError as error:
        raise UnreadableKey(LOCKED) from error
    except ValueError as error:
        if isinstance(error, UnreadableKey):
            raise
        raise UnreadableKey(f"is not {NAMES[labels]} that can be read") from error


def _check_rsa(load: Callable[[], object], kind: type[Loaded]) -> Loaded:
    """The result of ``load()`` if it is RSA; no provider here signs with other keys, such as China's SM2."""
    try:
        found = load()
    except UnsupportedAlgorithm as error:
        raise UnreadableKey(NOT_RSA) from error
    if not isinstance(found, kind):
        raise UnreadableKey(NOT_RSA)
    return found


def _plain(text: str) -> str:
    for escaped, meant in ESCAPED.items():
        text = text.replace(escaped, meant)
    return UNSEEN.sub("", text)


def _der(text: str, labels: tuple[str, str]) -> bytes:
    """The bytes of the first block with one of ``labels``, or of a bare base64 text."""
    blocks = dict(reversed(BLOCK.findall(text)))
    body = next((blocks[label] for label in labels if label in blocks), None)
    if body is None and any("ENCRYPTED" in label for label in blocks):
        raise UnreadableKey(LOCKED)
    if body is None and blocks:
        raise UnreadableKey(f"holds {', '.join(sorted(blocks))} where {NAMES[labels]} is wanted")
    body = text if body is None else body
    if "ENCRYPTED" in body:
        raise UnreadableKey(LOCKED)
    try:
        der = base64.b64decode(re.sub(r"\s", "", body), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableKey("is neither PEM nor base64, or was cut off") from error
    # PEM that was base64-encoded once more, as secret stores hand it out.
    return _der(der.decode("ascii", "replace"), labels) if der.startswith(b"-----BEGIN") else der
