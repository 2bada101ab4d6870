"""How the sandbox and its merchant sign: HMAC-SHA256 over the time and the content, hex, in two headers."""

import hashlib
import hmac

TIMESTAMP = "x-sandbox-timestamp"
SIGNATURE = "x-sandbox-signature"
TOKEN_SALT = "sandbox.charge"  # noqa: S105 - a namespace, not a secret
BELIEVED_S = 300  # an older signature is not believed


def _sign(content, timestamp, secret):
    return hmac.new(secret.encode(), timestamp.encode() + b"\n" + content, hashlib.sha256).hexdigest()


def signed(content, *, secret, at):
    """Headers that sign the bytes ``content`` at the moment ``at``."""
    timestamp = str(int(at.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: _sign(content, timestamp, secret)}


def verified(headers, content, *, secret, at):
    """Whether headers (lower-case names) carry a fresh, right signature of ``content``. No secret believes nobody."""
    if not secret:
        return False
    timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 and signature.isascii()):
        return False
    if abs(at.timestamp() - int(timestamp)) > BELIEVED_S:
        return False
    return hmac.compare_digest(signature, _sign(content, timestamp, secret))
