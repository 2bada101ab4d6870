"""How partners sign requests, and how the mall signs what it tells them: HMAC-SHA256, in hex (H3).

Pure: whoever calls knows the secret and the time. ``docs/partner-api.md`` says the same to partners, with an example
that a test computes.
"""

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import quote

WINDOW = timedelta(minutes=5)  # how far a partner's clock may be from ours, to either side


def canonical(method, path, query, body, timestamp, nonce):
    """The five lines that a request's signature covers.

    ``path`` is the decoded one and is encoded here in one fixed way, because servers and proxies differ in what they
    leave of the original; ``query`` is the text behind the question mark as it was sent.
    """
    address = quote(path, safe="/") + (f"?{query}" if query else "")
    return "\n".join([method.upper(), address, hashlib.sha256(body).hexdigest(), timestamp, nonce])


def sign(secret, text):
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_signed(secret, text, signature):
    """Whether ``signature`` is right, in a time that does not depend on where it is wrong."""
    return hmac.compare_digest(sign(secret, text).encode(), signature.encode())


def is_recent(timestamp, *, at):
    """Whether ``timestamp``, a text of Unix seconds, is within ``WINDOW`` of ``at``."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(at.timestamp() - int(timestamp)) <= WINDOW.total_seconds()


def webhook_signature(secret, timestamp, body):
    """Of what the mall sends: over ``<timestamp>.<body>``."""
    return sign(secret, f"{timestamp}.{body}")
