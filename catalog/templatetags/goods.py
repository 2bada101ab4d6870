"""``{% cards found %}`` and ``{% cards found "shelf" %}``: a list of ``Card``s without a template for each."""

from django import template

from catalog import drawing

register = template.Library()
register.simple_tag(drawing.cards)
