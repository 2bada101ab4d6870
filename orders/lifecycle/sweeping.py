"""Nets that beat starts: they catch what the broker may lose.

Each takes one row at a time, in its own transaction; a row that fails does not stop the others, and a provider that
does not answer is left alone until the next run.
"""

import structlog
from django.db.models import Value

from core.errors import DomainError

log = structlog.get_logger(__name__)

BATCH = 200  # rows of one run
CALLS = 40  # calls to providers of one run: even slow ones end before the task's time limit


def each(due, work, *, provider=None, silent=()):
    """``work(pk)`` for rows that are due, in no order: one that is stuck never stands before the others for long.

    ``provider`` is the expression that names the provider a row has to do with, None when it has none; ``silent`` is
    the error of one that does not answer.
    """
    calls, skipped = 0, set()
    rows = due.order_by("?").values_list("pk", provider or Value(""))
    for pk, name in list(rows[:BATCH]):
        if name in skipped:
            continue
        calls += bool(name)
        if calls > CALLS:
            break
        try:
            work(pk)
        except silent as error:
            skipped.add(name)
            log.warning("sweep_provider_silent", provider=name, pk=pk, code=error.code)
        except DomainError as error:
            log.warning("sweep_postponed", model=due.model.__name__, pk=pk, code=error.code)
        except Exception:
            log.exception("sweep_failed", model=due.model.__name__, pk=pk)
