"""What staff give and take by hand (B11)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Approval


class Reason(models.TextChoices):
    """Why staff move points; the member reads it in the history."""

    GOODWILL = "goodwill", _("Goodwill")
    COMPENSATION = "compensation", _("Compensation")
    CORRECTION = "correction", _("Correction of a mistake")
    EVENT = "event", _("Event in a shop")
    MISUSE = "misuse", _("Taken back after misuse")
    OTHER = "other", _("Other adjustment")


class Adjustment(models.Model):
    """Points that staff gave or took (negative), or asked to: ``approval`` says who asked, who decided, and how it
    stands. ``form_key`` makes a second submission harmless; ``entry_seq`` is the ledger's entry."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="points_adjustments", verbose_name=_("member")
    )
    points = models.IntegerField(_("points"), help_text=_("Negative takes points away."))
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("For staff; the member does not see it.")
    )
    form_key = models.CharField(_("form key"), max_length=64, unique=True)
    entry_seq = models.IntegerField(_("entry"), null=True, blank=True)
    approval = models.OneToOneField(Approval, models.PROTECT, related_name="adjustment", verbose_name=_("approval"))

    class Meta:
        verbose_name = _("points adjustment")
        verbose_name_plural = _("points adjustments")
        permissions = [
            ("adjust_points", _("Can give and take points")),
            ("approve_adjustment", _("Can approve points that others asked for")),
        ]
        constraints = [models.CheckConstraint(condition=~Q(points=0), name="points_adjustment_moves")]

    def __str__(self):
        return f"{self.member_id} {self.points:+d}"

    @property
    def state(self):
        """``Approval.State``."""
        return self.approval.state


class BulkGrant(models.Model):
    """A file of points to give, from its check to its last line.

    ``content`` is the file as it came and ``digest`` its SHA-256: the same file can be taken once only. ``lines`` are
    the good ones that the ledger did not have when they were judged, ``[line, account, points, reason, key]`` in order
    of accounts: these are given, and no others. Of the lines that were refused, ``refused`` keeps the first ones as
    ``[line, member, points, reason, key, problem]``. ``cursor`` counts the good lines that are done, so that a job
    that died goes on where it stopped. ``approval`` is that of the last start. ``problem`` says why a file is broken,
    or what of it was not read.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        PENDING = "pending", _("Waits for a second person")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        BROKEN = "broken", _("File not readable")

    name = models.CharField(_("file"), max_length=100)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    content = models.BinaryField(_("content"))
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    skip_refused = models.BooleanField(_("leave refused lines out"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    lines = models.JSONField(_("lines"), default=list)
    good_lines = models.IntegerField(_("good lines"), default=0)
    total_points = models.BigIntegerField(_("points in all"), default=0)
    refused_lines = models.IntegerField(_("refused lines"), default=0)
    refused = models.JSONField(_("refused"), default=list)
    cursor = models.IntegerField(_("worked off"), default=0)
    granted = models.IntegerField(_("granted"), default=0)
    repeated = models.IntegerField(_("granted before"), default=0)
    requested_by = models.CharField(_("requested by"), max_length=64)
    requested_at = models.DateTimeField(_("requested at"))
    approval = models.ForeignKey(
        Approval, models.PROTECT, null=True, blank=True, related_name="grants", verbose_name=_("approval")
    )
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("bulk grant")
        verbose_name_plural = _("bulk grants")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    good_lines__gte=0, total_points__gte=0, refused_lines__gte=0, granted__gte=0, repeated__gte=0
                ),
                name="points_bulk_grant_counts",
            ),
            models.CheckConstraint(
                condition=Q(cursor__gte=0, cursor__lte=F("good_lines")), name="points_bulk_grant_cursor"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def percent(self):
        """How much of the good lines is worked off, 0 to 100."""
        return self.cursor * 100 // self.good_lines if self.good_lines else 100
