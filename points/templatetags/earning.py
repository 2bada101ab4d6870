"""What points say on pages of apps below."""

from django import template

from core import clock
from points.earning.queries import earning

register = template.Library()


@register.simple_tag
def sign_up_points():
    """What a new member is welcomed with."""
    return earning.sign_up_points(at=clock.now())
