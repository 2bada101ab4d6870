"""Outgoing HTTP of payments: short time-outs, no redirects followed."""

import httpx

TIMEOUT_S = httpx.Timeout(5.0, connect=3.0)
transport = None  # tests put their own here


def client():
    """A client for one exchange; use it as a context manager."""
    return httpx.Client(timeout=TIMEOUT_S, transport=transport)
