"""What staff must look at about the rules: opened by the mall, closed by a person."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import DomainError
from points.earning.models import RuleAlert


class AlreadyClosed(DomainError):
    """Somebody else closed it."""

    code = "already_closed"
    message = _("This alert is closed already.")


def open_alert(*, kind, subject, details, at):
    """Open an alert about ``subject``, unless one is open. True when it was opened now."""
    _alert, is_new = RuleAlert.objects.get_or_create(
        subject=subject, closed_at=None, defaults={"kind": kind, "details": details, "opened_at": at}
    )
    return is_new


def close_alert(*, alert, by, at):
    """Somebody has seen to it. Raises ``AlreadyClosed``."""
    with transaction.atomic():
        if not RuleAlert.objects.filter(pk=alert.pk, closed_at=None).update(closed_at=at, closed_by=by):
            raise AlreadyClosed
        audit.record("rules.alert_closed", by=by, subject=f"alert:{alert.pk}", at=at)


def close_alerts(*, pks, by, at):
    """Close those of these that are open; returns how many there were."""
    count = 0
    for alert in RuleAlert.objects.filter(pk__in=pks, closed_at=None):
        try:
            close_alert(alert=alert, by=by, at=at)
        except AlreadyClosed:  # by somebody else, this moment
            continue
        count += 1
    return count
