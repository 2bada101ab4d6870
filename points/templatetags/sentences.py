"""Sentences side by side: a language that ends them with a full-width stop has no space between them."""

from django import template

from points.earning import wording as earning_wording
from points.ledger import wording as ledger_wording

register = template.Library()


register.filter("figure", earning_wording.figure)


@register.tag
def sentences(parser, token):  # noqa: ARG001 - as its caller has it
    """``{% sentences %}{% translate "One." %} {% translate "Two." %}{% endsentences %}``"""
    nodes = parser.parse(("endsentences",))
    parser.delete_first_token()
    return SentencesNode(nodes)


class SentencesNode(template.Node):
    """What is inside, without the spaces that follow a full-width stop."""

    def __init__(self, nodelist):
        self.nodelist = nodelist

    def render(self, context):
        return ledger_wording.close_up(self.nodelist.render(context))
