"""The audit trail: one row for each act that somebody may have to answer for."""

from datetime import datetime
from typing import Any

from core.models import AuditEvent


def record(event: str, *, by: str, subject: str, at: datetime, **data: Any) -> AuditEvent:
    """Write down that ``by`` did ``event`` (``order.shipped``) to ``subject`` (``order:2026112000048``).

    Call it in the transaction of the act. ``data`` must be JSON and hold no personal data in the clear.
    """
    return AuditEvent.objects.create(event=event, by=by, subject=subject, at=at, data=data)
