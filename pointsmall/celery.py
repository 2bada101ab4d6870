"""The Celery application: JSON only, tasks acknowledged after the work, and the timetable."""

from celery import Celery
from celery.schedules import crontab
from django_structlog.celery.steps import DjangoStructLogInitStep

from pointsmall.bootstrap import prepare

prepare()

app = Celery("pointsmall", task_cls="core.background:Task")
app.steps["worker"].add(DjangoStructLogInitStep)
app.config_from_object("django.conf:settings", namespace="CELERY")


def every(seconds):
    """Runs at an interval. A run that no worker has taken before the next one is due is dropped, so runs never pile
    up."""
    return {"schedule": float(seconds), "options": {"expires": seconds - 1}}


def daily(hour, minute=0):
    """Runs at a time of the shop's clock; the next day does what one day missed."""
    return {"schedule": crontab(hour=hour, minute=minute), "options": {"expires": 3600}}


app.conf.beat_schedule = {
    "drain-outbox": {"task": "core.tasks.drain_outbox", **every(10)},
    "prune-outbox": {"task": "core.tasks.prune_outbox", **daily(4, 15)},
    "prune-counters": {"task": "core.tasks.prune_counters", **every(3600)},
    "work-notifications": {"task": "orders.tasks.work_notifications", **every(60)},
    "ask-providers": {"task": "orders.tasks.ask_providers", **every(60)},
    "send-refunds": {"task": "orders.tasks.send_refunds", **every(60)},
    "close-unpaid-orders": {"task": "orders.tasks.close_unpaid_orders", **every(60)},
    "follow-parcels": {"task": "orders.tasks.follow_parcels", **every(300)},
    "end-coupons": {"task": "orders.tasks.end_coupons", **every(3600)},
    "confirm-receipts": {"task": "orders.tasks.confirm_receipts", **every(60)},
    "expire-deductions": {"task": "points.tasks.expire_deductions", **every(60)},
    "send-webhooks": {"task": "points.tasks.send_webhooks", **every(60)},
    "expire-points": {"task": "points.tasks.expire", **daily(0, 10)},
    "evaluate-tiers": {"task": "points.tasks.evaluate_tiers", **daily(0, 40)},
    "release-overdue-reviews": {"task": "points.tasks.release_overdue", **daily(0, 20)},
    "prune-earning-traces": {"task": "points.tasks.prune_traces", **daily(0, 40)},
    "audit-ledger": {"task": "points.tasks.audit_ledger", **daily(3)},
    "prune-partner-log": {"task": "points.tasks.prune_partner_log", **daily(3, 45)},
    "reconcile-payments": {"task": "orders.tasks.reconcile_payments", **daily(11)},
    "sweep-kept-pictures": {"task": "orders.tasks.sweep_kept_pictures", **every(3600)},
    "prune-notifications": {"task": "orders.tasks.prune_notifications", **daily(4)},
    "clear-sessions": {"task": "pointsmall.tasks.clear_sessions", **daily(4, 30)},
    "give-birthday-gifts": {"task": "points.tasks.give_birthday_gifts", **daily(9)},
    "warn-of-expiry": {"task": "points.tasks.warn", **daily(10)},
}
