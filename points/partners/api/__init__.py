"""The HTTP API for partners: tills, other shops, platforms (H3). ``docs/partner-api.md`` is for those who call it."""

from points.partners.api.mounting import api, urls

__all__ = ["api", "urls"]
