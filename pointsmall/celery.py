"""The Celery application: JSON only, acknowledged after the work, timers beside the tasks they start."""

from celery import Celery
from celery.schedules import crontab
from django_structlog.celery.steps import DjangoStructLogInitStep

from pointsmall.bootstrap import prepare

prepare()

app = Celery("pointsmall")
app.steps["worker"].add(DjangoStructLogInitStep)
app.config_from_object("django.conf:settings", namespace="CELERY")
# One that no worker took before the next is due is dropped: runs never pile up.
EVERY_MINUTE = {"schedule": 60.0, "options": {"expires": 55}}
app.conf.beat_schedule = {
    "drain-outbox": {"task": "core.tasks.drain_outbox", "schedule": 10.0},
    "work-notifications": {"task": "orders.tasks.work_notifications", **EVERY_MINUTE},
    "ask-providers": {"task": "orders.tasks.ask_providers", **EVERY_MINUTE},
    "send-refunds": {"task": "orders.tasks.send_refunds", **EVERY_MINUTE},
    "close-unpaid-orders": {"task": "orders.tasks.close_unpaid_orders", **EVERY_MINUTE},
    "confirm-receipts": {"task": "orders.tasks.confirm_receipts", **EVERY_MINUTE},
    # By the shop's clock. What a night missed, the next one does.
    "expire-points": {"task": "points.tasks.expire", "schedule": crontab(hour=0, minute=10)},
    "audit-ledger": {"task": "points.tasks.audit_ledger", "schedule": crontab(hour=3, minute=0)},
    "prune-notifications": {"task": "orders.tasks.prune_notifications", "schedule": crontab(hour=4, minute=0)},
    "clear-sessions": {"task": "pointsmall.tasks.clear_sessions", "schedule": crontab(hour=4, minute=30)},
    "warn-of-expiry": {"task": "points.tasks.warn", "schedule": crontab(hour=10, minute=0)},
}
