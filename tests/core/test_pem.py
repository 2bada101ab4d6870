"""Keys as the tools of payment services give them: all of one key, and what is none is named."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, NameOID

from core import pem
from tests.standins import keys

PKCS1, PKCS8 = serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8


def private(form=PKCS8, coding=serialization.Encoding.PEM, cipher=None):
    return keys.key("merchant").private_bytes(coding, form, cipher or serialization.NoEncryption())


def bare(text):
    """What stands between the first and the last line, on one line."""
    return "".join(text.strip().splitlines()[1:-1])


SHAPES = {
    "as it is": lambda text: text.encode(),
    "bare base64": lambda text: bare(text).encode(),
    "bare base64 in lines": lambda text: "\n".join(text.strip().splitlines()[1:-1]).encode(),
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "bare with a byte order mark": lambda text: bare(text).encode("utf-8-sig"),
    "UTF-16, as PowerShell writes": lambda text: text.encode("utf-16"),
    "indented": lambda text: "\n".join(f"    {line}" for line in text.splitlines()).encode(),
    "lines of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "remarks before it": lambda text: f"Bag Attributes\n    localKeyID: 01\n{text}".encode(),
    "binary": lambda text: base64.b64decode(bare(text)),
}
ONE_LINE = {
    "escaped ends of line": lambda text: text.replace("\n", "\\n"),
    "blanks for ends of line": lambda text: text.strip().replace("\n", " "),
    "bare": bare,
    "escaped ends of line of Windows": lambda text: text.replace("\n", "\\r\\n"),
    "between quotation marks": lambda text: f'"{bare(text)}"',
    "a JSON's slashes": lambda text: bare(text).replace("/", "\\/"),
    "characters that nobody sees": lambda text: text.replace("MII", "\u200bMII\u2060", 1),
    "no-break spaces": lambda text: text.replace("\n", "\xa0\n"),
    "base64 of PEM": lambda text: base64.b64encode(text.encode()).decode(),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form", [PKCS1, PKCS8])
def test_a_private_key_in_a_file(shape, form, tmp_path):
    path = tmp_path / "private_key.pem"
    path.write_bytes(SHAPES[shape](private(form).decode()))
    read = pem.private_key(pem.text_of(str(path)))
    assert read.private_numbers() == keys.key("merchant").private_numbers()


@pytest.mark.parametrize("shape", SHAPES)
def test_public_keys_and_certificates_in_files(shape, tmp_path):
    for name, text, load in (
        ("public.pem", keys.public_pem("merchant"), pem.public_key),
        ("merchant.cer", keys.certificate_pem("merchant"), lambda text: pem.certificate(text).public_key()),
    ):
        path = tmp_path / name
        path.write_bytes(SHAPES[shape](text))
        assert load(pem.text_of(str(path))).public_numbers() == keys.key("merchant").public_key().public_numbers()


@pytest.mark.parametrize("shape", ONE_LINE)
@pytest.mark.parametrize("form", [PKCS1, PKCS8])
def test_a_key_in_the_variable_itself(shape, form):
    read = pem.private_key(pem.text_of(ONE_LINE[shape](private(form).decode())))
    assert read.private_numbers() == keys.key("merchant").private_numbers()


def test_libraries_get_the_form_they_know():
    assert pem.private_pem(bare(private(PKCS1).decode())) == keys.private_pem("merchant")
    assert pem.public_pem(bare(keys.public_pem("merchant"))) == keys.public_pem("merchant")


def test_of_several_blocks_the_right_one_is_read():
    both = keys.certificate_pem("merchant") + private().decode()
    assert pem.fault(pem.private_key, both) == pem.fault(pem.certificate, both) == ""


def with_sm2(der):
    """The key or certificate with the curve of China's SM2 in place of the one it has."""
    return base64.b64encode(der.replace(P256, SM2)).decode()


def certificate_of(key):
    name, now = Name([NameAttribute(NameOID.COMMON_NAME, "x")]), datetime(2026, 1, 1, tzinfo=UTC)
    made = CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return made.sign(key, SHA256()).public_bytes(serialization.Encoding.DER)


P256, SM2 = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a811ccf5501822d")
CURVE = ec.generate_private_key(ec.SECP256R1())
OF_CURVE = [
    (pem.private_key, CURVE.private_bytes(serialization.Encoding.DER, PKCS8, serialization.NoEncryption())),
    (
        pem.public_key,
        CURVE.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    ),
    (pem.certificate, certificate_of(CURVE)),
]


@pytest.mark.parametrize(("load", "der"), OF_CURVE, ids=["private", "public", "certificate"])
def test_a_key_of_another_kind_is_named(load, der):
    """Those of SM2 are handed out beside those of RSA, and nothing here knows their curve."""
    for text in (base64.b64encode(der).decode(), with_sm2(der)):
        assert pem.fault(load, text) == "is not an RSA key"


def test_a_file_of_key_and_certificate_is_named():
    cipher = serialization.BestAvailableEncryption(b"000000")
    content = pkcs12.serialize_key_and_certificates(b"x", keys.key("merchant"), None, None, cipher)
    for load in (pem.private_key, pem.certificate):
        assert "is a .pfx file" in pem.fault(load, base64.b64encode(content).decode())


NO_KEYS = [
    (
        base64.b64encode(
            private(coding=serialization.Encoding.DER, cipher=serialization.BestAvailableEncryption(b"x"))
        ).decode(),
        "protected by a password",
    ),
    (private().decode().replace("-----", "—–"), "neither PEM nor base64"),
    (private(cipher=serialization.BestAvailableEncryption(b"x")).decode(), "protected by a password"),
    (private(PKCS1, cipher=serialization.BestAvailableEncryption(b"x")).decode(), "protected by a password"),
    (keys.public_pem("merchant"), "holds PUBLIC KEY where a private key is wanted"),
    (keys.certificate_pem("merchant"), "holds CERTIFICATE where a private key is wanted"),
    (bare(keys.public_pem("merchant")), "is not a private key"),
    (private().decode()[:-40], "cut off"),
    (bare(private().decode())[:-8], "is not a private key"),
    ("secret", "neither PEM nor base64"),
    ("ä" * 300, "neither PEM nor base64"),
]


@pytest.mark.parametrize(("text", "why"), NO_KEYS, ids=range(len(NO_KEYS)))
def test_what_is_no_private_key_is_named(text, why):
    assert why in pem.fault(pem.private_key, text)
    with pytest.raises(pem.UnreadableKey):
        pem.private_key(text)


def test_nothing_is_no_fault():
    assert pem.fault(pem.private_key, "") == ""


def test_a_file_that_is_not_there():
    with pytest.raises(OSError, match="No such file"):
        pem.text_of("/nowhere/private.pem")
