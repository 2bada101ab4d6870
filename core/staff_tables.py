"""Tables that staff pages show."""

from django.utils.formats import date_format
from django.utils.timezone import localtime


def table(title, headers, rows, *, url=None):
    """``url`` leads to all of them."""
    return {"title": title, "headers": headers, "rows": rows, "url": url}


def when(at):
    return "" if at is None else date_format(localtime(at), "Y-m-d H:i")
