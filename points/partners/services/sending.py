"""One HTTP request to a partner's address: short time-outs, no redirects, and never into our own network (H3, H6)."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from core.outgoing import NotPublic, public_address
from points.partners import signing
from points.partners.services.setup import is_allowed

TIMEOUT = httpx.Timeout(5.0, connect=3.0)
EXCERPT = 200  # characters of an answer that are kept
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Outcome:
    """``status`` is 0 where no answer came; then ``error`` says why, and ``is_silent`` that others need not try."""

    status: int = 0
    error: str = ""
    answer: str = ""
    is_silent: bool = False

    @property
    def is_good(self):
        return 200 <= self.status < 300


def send(*, url, secret, event, event_id, body, at):
    """Post ``body`` once. Never raises for what the other side, or the network, does."""
    timestamp = str(int(at.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "points-mall-webhook/1",
        "X-Mall-Event": event,
        "X-Mall-Event-Id": event_id,
        "X-Mall-Timestamp": timestamp,
        "X-Mall-Signature": signing.webhook_signature(secret, timestamp, body),
    }
    try:
        target, host, extensions = _target(url)
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST", target, content=body.encode(), headers={**headers, "Host": host}, extensions=extensions
            ) as response,
        ):
            return Outcome(status=response.status_code, answer=_excerpt(response))
    except NotPublic as error:
        return Outcome(error=f"not allowed: {error}", is_silent=True)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        return Outcome(error=f"{type(error).__name__}: {error}"[:EXCERPT], is_silent=True)


def _target(url):
    """``(address to call, Host header, extensions)``.

    In production the name is resolved here and the very address that was judged is called: a name that leads elsewhere
    a moment later changes nothing. The certificate is that of the name.
    """
    if not is_allowed(url, strict=settings.PRODUCTION):
        raise NotPublic("https only")
    parts = urlsplit(url)
    host_header = parts.netloc
    if not settings.PRODUCTION:
        return url, host_header, {}
    address = public_address(parts.hostname, parts.port or PORTS[parts.scheme])
    bracketed = f"[{address}]" if ":" in address else address
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=bracketed + port).geturl(), host_header, {"sni_hostname": parts.hostname}


def _excerpt(response):
    """The beginning of an answer, for staff; the rest is not even read."""
    for part in response.iter_raw(chunk_size=EXCERPT):
        return part[:EXCERPT].decode("utf-8", "replace").replace("\0", "")
    return ""
