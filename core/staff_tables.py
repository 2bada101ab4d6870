"""Tables that staff pages show."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime


def table(
    title: object, headers: Sequence[object], rows: Sequence[object], *, url: str | None = None
) -> dict[str, object]:
    """``url`` leads to all of them."""
    return {"title": title, "headers": headers, "rows": rows, "url": url}


def when(at: datetime | None) -> str:
    return "" if at is None else date_format(localtime(at), "Y-m-d H:i")
