"""Keys and certificates of providers that do not exist, made anew in each process."""

import base64
from datetime import timedelta
from functools import cache, wraps
from threading import RLock

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from core import clock

YEARS = timedelta(days=3650)
_making = RLock()


def once(make):
    """Made by the first thread that asks. ``cache`` alone lets two make one each: a certificate is kept with the key of
    one, and signatures come from the other."""
    made = cache(make)

    @wraps(make)
    def get(*args, **options):
        with _making:
            return made(*args, **options)

    return get


@once
def key(name):
    """The private key of that name; the same name is the same key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name):
    return (
        key(name)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )  # fmt: skip


def public_pem(name):
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    return key(name).public_key().public_bytes(serialization.Encoding.PEM, public).decode()


@once
def certificate(name, issuer=None, common_name=None, valid_for=YEARS):
    """A certificate of the key ``name``, issued by the certificate of ``issuer`` (None: by itself)."""
    subject = _named(common_name or name)
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_named(issuer) if issuer else subject)
        .public_key(key(name).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + valid_for)
        .sign(key(issuer or name), SHA256())
    )


def _named(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def certificate_pem(*args, **options):
    return certificate(*args, **options).public_bytes(serialization.Encoding.PEM).decode()


def sign(name, content):
    """RSA-SHA256, base64."""
    return base64.b64encode(key(name).sign(content, PKCS1v15(), SHA256())).decode()


def is_signed(name, content, signature):
    try:
        key(name).public_key().verify(base64.b64decode(signature), content, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
