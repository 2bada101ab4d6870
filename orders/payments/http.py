"""Outgoing HTTP of payments: short time-outs, no redirects followed."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from orders.payments.base import ProviderUnavailable

TIMEOUT_S = httpx.Timeout(5.0, connect=3.0)
DOWNLOAD_TIMEOUT_S = httpx.Timeout(30.0, connect=3.0)
MOST_BYTES = 64 * 1024 * 1024  # of a statement
transport = None  # tests put their own here


def address_fault(url: str) -> str:
    """Why nothing can be asked at ``url``; empty when it can."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "is not an address"
    if parts.scheme not in (("https",) if settings.PRODUCTION else ("https", "http")) or not parts.hostname:
        return "is not an address that begins with https://"
    return ""


def client(timeout: httpx.Timeout = TIMEOUT_S) -> httpx.Client:
    """A client for one exchange; use it as a context manager."""
    return httpx.Client(timeout=timeout, transport=transport)


def exchange(method: str, url: str, *, timeout: httpx.Timeout = TIMEOUT_S, **options: Any) -> httpx.Response:
    """The response to one request, with any status; raises ``ProviderUnavailable`` if there is none."""
    try:
        with client(timeout) as one:
            return one.request(method, url, **options)
    except httpx.HTTPError as error:
        raise ProviderUnavailable from error


def download(url: str, **options: Any) -> bytes:
    """The bytes at ``url``; raises ``ProviderUnavailable`` for anything but a 200 of a reasonable size."""
    response = exchange("GET", url, timeout=DOWNLOAD_TIMEOUT_S, **options)
    if response.status_code != httpx.codes.OK or len(response.content) > MOST_BYTES:
        raise ProviderUnavailable
    return response.content
