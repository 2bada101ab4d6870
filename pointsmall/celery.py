"""The Celery application: JSON only, acknowledged after the work, timers beside the tasks they start."""

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

from pointsmall.bootstrap import prepare

prepare()

app = Celery("pointsmall")
app.steps["worker"].add(DjangoStructLogInitStep)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    "drain-outbox": {"task": "core.tasks.drain_outbox", "schedule": 10.0},
    "sweep-orders": {"task": "orders.tasks.sweep", "schedule": 60.0},
}
