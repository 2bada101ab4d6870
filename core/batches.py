"""Work on many rows at once, where one bad row does not stop the others."""

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
    """Run ``work(items)`` in a transaction and yield ``(part, outcome)``; if it fails, do the same with each half. The
    outcome of a single item that fails is its error, which is logged. ``Busy`` is the outcome of the whole part,
    because it says nothing about the items. A lost connection is no item's fault and is raised."""
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
    """Yield the outcome of ``work(item)`` for each item; errors as in ``in_parts``."""
    for item in items:
        for _part, outcome in in_parts([item], lambda part: work(*part)):
            yield outcome
