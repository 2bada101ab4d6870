"""What every member page may use without its view asking for it."""

from django.conf import settings


def mall(request):
    """Shape: ``{"site_name": str, "look": "fresh" | "fashion" | "business"}``."""
    return {"site_name": settings.SITE_NAME, "look": settings.LOOK}
