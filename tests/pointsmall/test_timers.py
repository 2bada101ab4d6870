"""Every timer names a task that exists, and keeps the shop's hours."""

from django.conf import settings

from pointsmall.celery import app


def test_beat_starts_only_tasks_that_there_are():
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_hours_are_the_shops():
    assert app.timezone.key == settings.TIME_ZONE
