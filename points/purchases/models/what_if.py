"""What a draft of rules would have changed (C15). Written by ``services.what_if``."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class WhatIfRun(models.Model):
    """A replay of the rule set ``rule_version`` over the purchases of ``days`` days before ``requested_at``.

    ``result``: ``{"purchases", "lines", "members", "old_points", "new_points", "worth_fen", "tiers": {code:
    {"winners", "losers", "same", "old_points", "new_points"}}, "days": [[ISO day, old, new], ...], "samples":
    [[member, tier, purchases, amount_fen, old, new], ...]}``.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("In the queue")
        RUNNING = "running", _("Being replayed")
        DONE = "done", _("Done")
        FAILED = "failed", _("Did not work")

    class Days(models.IntegerChoices):
        MONTH = 30, _("30 days")
        QUARTER = 90, _("90 days")

    rule_version = models.CharField(_("rule version"), max_length=32)
    days = models.IntegerField(_("period"), choices=Days)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    purchases = models.BigIntegerField(_("purchases"), default=0)
    replayed = models.BigIntegerField(_("replayed"), default=0)
    result = models.JSONField(_("result"), null=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    requested_by = models.CharField(_("requested by"), max_length=64)
    requested_at = models.DateTimeField(_("requested at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("what-if run")
        verbose_name_plural = _("what-if runs")
        permissions = [("run_whatifrun", _("Can replay draft rules over past purchases"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(purchases__gte=0, replayed__gte=0, replayed__lte=F("purchases")),
                name="points_what_if_counts",
            ),
            models.CheckConstraint(
                condition=Q(state="done", result__isnull=False) | (~Q(state="done") & Q(result__isnull=True)),
                name="points_what_if_result",
            ),
        ]

    def __str__(self):
        return f"{self.rule_version}, {self.get_days_display()}"

    @property
    def percent(self):
        return self.replayed * 100 // self.purchases if self.purchases else 0
