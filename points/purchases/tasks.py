"""Replays of purchases. Each may run twice."""

from celery import shared_task

from core import clock
from core.tasks import LONGEST_S
from points.purchases.models import WhatIfRun
from points.purchases.services import what_if


@shared_task(name="points.tasks.replay_rules", time_limit=LONGEST_S)
def replay_rules(run_id):
    """What a draft of rules would have changed (C15)."""
    what_if.work_off(run=WhatIfRun(pk=run_id), at=clock.now())
