"""UnionPay's signature, version 5.1.0: RSA-SHA256 over the hexadecimal SHA-256 of the sorted fields.

There is no kept library for it; it is short, and ``cryptography`` does what must not be written twice. Answers carry
the certificate that signed them: it is believed when UnionPay's intermediate certificate issued it, the root that
one, all are in their time, and it is made out to UnionPay. Outside production so is that of its test environment.
"""

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import NameOID, load_pem_x509_certificate
from django.conf import settings

from core import pem
from orders.payments import http

NAME = "中国银联股份有限公司"
TEST_NAME = "00040000:SIGN"  # of its test environment
CERTIFICATES = ("certificate", "middle_certificate", "root_certificate")


def faults(*, at):
    """What of our settings cannot be used, as ``{environment variable: why}``."""
    ours = settings.UNIONPAY
    found = {"private_key": pem.fault(pem.private_key, ours["private_key"])}
    found |= {name: _certificate_fault(ours[name], at) for name in CERTIFICATES}
    found |= {name: http.address_fault(ours[name]) for name in ("gateway", "files")}
    if not any(found.values()) and all(ours[name] for name in found):
        if not pem.is_pair(ours["private_key"], ours["certificate"]):
            found["certificate"] = "is of another key than UNIONPAY_PRIVATE_KEY"
        if not _is_issued(pem.certificate(ours["middle_certificate"]), pem.certificate(ours["root_certificate"])):
            found["middle_certificate"] = "was not issued by UNIONPAY_ROOT_CERTIFICATE"
    return {f"UNIONPAY_{name.upper()}": why for name, why in found.items() if why}


def signed(fields):
    """``fields`` without empty values, with the number of our certificate and the signature."""
    certificate = pem.certificate(settings.UNIONPAY["certificate"])
    fields = {name: str(value) for name, value in fields.items() if value not in ("", None)}
    fields |= {"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "certId": str(certificate.serial_number)}
    key = pem.private_key(settings.UNIONPAY["private_key"])
    signature = key.sign(_digest(fields), PKCS1v15(), SHA256())
    return fields | {"signature": base64.b64encode(signature).decode()}


def verified(fields, *, at, codec="utf-8"):
    """Whether UnionPay signed ``fields``, which were read by ``codec``."""
    try:
        signer = load_pem_x509_certificate(fields.get("signPubKeyCert", "").encode())
    except ValueError:
        return False
    signature = fields.get("signature", "")
    return _is_unionpays(signer, at) and pem.is_signed(signer.public_key(), _digest(fields, codec), signature)


def _digest(fields, codec="utf-8"):
    """Hexadecimal digest of ``a=1&b=2``, sorted by name, without the signature and empty values."""
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "signature" and fields[name] != "")
    return hashlib.sha256(text.encode(codec)).hexdigest().encode()


def _certificate_fault(text, at):
    why = pem.fault(pem.certificate, text)
    if not text or why:
        return why
    begins_at, ends_at = pem.certificate(text).not_valid_before_utc, pem.certificate(text).not_valid_after_utc
    if ends_at < at:
        return f"ended on {ends_at:%Y-%m-%d}"
    return f"begins on {begins_at:%Y-%m-%d}" if begins_at > at else ""


def _is_unionpays(signer, at):
    middle = pem.certificate(settings.UNIONPAY["middle_certificate"])
    root = pem.certificate(settings.UNIONPAY["root_certificate"])
    in_time = all(each.not_valid_before_utc <= at <= each.not_valid_after_utc for each in (signer, middle, root))
    names = (NAME,) if settings.PRODUCTION else (NAME, TEST_NAME)
    return in_time and _is_issued(signer, middle) and _is_issued(middle, root) and _owner(signer) in names


def _is_issued(certificate, issuer):
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _owner(certificate):
    """Whom a certificate is made out to: the third part of its name, between signs of ``@``."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    parts = str(names[0].value).split("@") if names else []
    return parts[2] if len(parts) > 2 else ""
