"""A partner's own program: it knows docs/partner-api.md and nothing of the mall's code."""

import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import quote, urlencode

import httpx


def signature(secret, method, path, query, body, timestamp, nonce):
    address = quote(path, safe="/") + (f"?{query}" if query else "")
    lines = [method, address, hashlib.sha256(body).hexdigest(), timestamp, nonce]
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


class PartnerClient:
    """``key`` and ``secret`` are what staff handed over; ``clock`` are Unix seconds."""

    def __init__(self, url, key, secret, *, clock=time.time, language="en", transport=None):
        self.key, self.secret, self.clock = key, secret, clock
        languages = {"Accept-Language": language}
        self.http = httpx.Client(base_url=url, timeout=20, trust_env=False, headers=languages, transport=transport)

    def close(self):
        self.http.close()

    def get(self, path, **query):
        return self.send("GET", path, query=urlencode(query))

    def post(self, path, body=None, *, idempotency_key=None, **more):
        headers = {"Idempotency-Key": idempotency_key or secrets.token_hex(8)}
        return self.send("POST", path, body=body, headers=headers, **more)

    def send(self, method, path, *, body=None, query="", headers=None, **changes):
        """``changes`` are what an attacker, or a bug, makes of a request after it was signed."""
        return self.http.send(self.request(method, path, body=body, query=query, headers=headers, **changes))

    def request(self, method, path, *, body=None, query="", headers=None, signed=None, timestamp=None, nonce=None):
        path = f"/api/v1{path}"
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = str(int(self.clock())) if timestamp is None else timestamp
        nonce = nonce or secrets.token_urlsafe(16)
        signed_headers = {
            "X-Partner-Key": self.key,
            "X-Timestamp": timestamp,
            "X-Nonce": nonce,
            "X-Signature": signed or signature(self.secret, method, path, query, content, timestamp, nonce),
        }
        if content:
            signed_headers["Content-Type"] = "application/json"
        address = quote(path, safe="/") + (f"?{query}" if query else "")
        return self.http.build_request(method, address, content=content, headers={**signed_headers, **(headers or {})})
