"""Every timer names a task that exists, and keeps the shop's hours."""

from celery.schedules import crontab
from django.conf import settings

from pointsmall.celery import app


def test_beat_starts_only_tasks_that_there_are():
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_hours_are_the_shops():
    assert app.timezone.key == settings.TIME_ZONE


def test_runs_never_pile_up():
    for name, entry in app.conf.beat_schedule.items():
        schedule = entry["schedule"]
        period_s = 86_400 if isinstance(schedule, crontab) else schedule
        assert entry["options"]["expires"] < period_s, name
