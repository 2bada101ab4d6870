"""Work on many rows at once, in which one row that cannot be worked on stops no other."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError, transaction

from core.errors import Busy

log = structlog.get_logger(__name__)

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def in_parts(
    items: list[Item], work: Callable[[list[Item]], Outcome]
) -> Iterator[tuple[list[Item], Outcome | Exception]]:
    """Yields ``(part, outcome)`` of ``work(items)``, in a transaction, or, where that fails, of each half of them. A
    single item that fails is logged with its error, which is its outcome; so is ``Busy``, of whatever part, since that
    is about the moment and not about an item. What is no item's fault, a lost connection, is raised."""
    try:
        with transaction.atomic():
            outcome: Outcome | Exception = work(items)
    except Busy as error:
        outcome = error
    except (InterfaceError, OperationalError):
        raise
    except Exception as error:
        if len(items) > 1:
            half = len(items) // 2
            yield from in_parts(items[:half], work)
            yield from in_parts(items[half:], work)
            return
        log.exception("left_out", item=items[0])
        outcome = error
    yield items, outcome


def one_by_one(items: Iterable[Item], work: Callable[[Item], Outcome]) -> Iterator[Outcome | Exception]:
    """Yields the outcome of ``work(item)`` of each, as ``in_parts``."""
    for item in items:
        for _part, outcome in in_parts([item], lambda part: work(*part)):
            yield outcome
