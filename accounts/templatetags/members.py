"""Names of browsers for the list of signed-in devices."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# The first match wins: browsers high in the list also send the names below them.
BROWSERS = [
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
]
PHONES = {"iPhone", "HarmonyOS", "Android"}


def _first(table, user_agent):
    return next((name for sign, name in table if sign in user_agent), "")


@register.filter
def device(user_agent):
    """``Chrome · Android``; "another device" where nothing is known."""
    return " · ".join(filter(None, (_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)))) or _("Another device")


@register.filter
def is_phone(user_agent):
    return _first(SYSTEMS, user_agent) in PHONES
