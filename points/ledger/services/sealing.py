"""The audit's seal: each proof of the ledger leaves a row (B12)."""

import time
from datetime import datetime

from core import audit as trail
from points.ledger import audit
from points.ledger.models import AuditRun

KEPT_BREAKS = 100


def seal(*, by: str, at: datetime) -> tuple[AuditRun, audit.Report]:
    """Audit the whole ledger and keep what was found. Returns ``(AuditRun, audit.Report)``; the report has all
    discrepancies, the row the first ones."""
    began = time.monotonic()
    report = audit.run()
    run = AuditRun.objects.create(
        at=at,
        by=by,
        accounts=report.accounts,
        entries=report.entries,
        break_count=len(report.breaks),
        breaks=report.as_dict()["breaks"][:KEPT_BREAKS],
        took_ms=round((time.monotonic() - began) * 1000),
    )
    trail.record(
        "points.audited", by=by, subject="ledger", at=at, entries=report.entries, discrepancies=len(report.breaks)
    )
    return run, report
