"""What keeps earnings within their limits (C10). Written by ``services.tally``, ``services.velocity``,
``services.earning`` and ``services.review``."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class EarningTally(models.Model):
    """What a member earned on a day of the shop, by behaviour, and in all (``behaviour`` empty). Its rows are locked
    before the points account, and so is every cap decided by one booking after the other."""

    pk = models.CompositePrimaryKey("member_id", "day", "behaviour")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("member"),
    )
    day = models.DateField(_("day"))
    behaviour = models.CharField(_("behaviour"), max_length=16)
    points = models.BigIntegerField(_("points"))
    times = models.IntegerField(_("times"))

    class Meta:
        verbose_name = _("earnings of a day")
        verbose_name_plural = _("earnings by day")
        constraints = [models.CheckConstraint(condition=Q(points__gte=0, times__gte=0), name="points_tally_sound")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.day} {self.behaviour}"


class EarningTrace(models.Model):
    """Which members earned with one thing in common on a day: the device, the network address, the beginning of the
    phone number. ``value`` is a keyed hash, never the thing itself; rows are dropped after a few days."""

    class Kind(models.TextChoices):
        ADDRESS = "address", _("network address")
        DEVICE = "device", _("device")
        PHONE = "phone", _("phone numbers in a row")

    pk = models.CompositePrimaryKey("day", "behaviour", "kind", "value")
    day = models.DateField(_("day"))
    behaviour = models.CharField(_("behaviour"), max_length=16)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    value = models.CharField(_("keyed hash"), max_length=64)
    members = ArrayField(models.BigIntegerField(), verbose_name=_("members"))

    class Meta:
        verbose_name = _("earning trace")
        verbose_name_plural = _("earning traces")

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class EarningReview(models.Model):
    """An earning that looked odd: set aside with all that booking it takes, until somebody looked (C10, A12).

    ``grounds`` says why: ``[[kind of trace, members so far], ...]``. Caps were counted when it happened, and it is
    booked as of ``at``, when it happened. Which moves there are is in ``points.earning.states``.

    ``due_at`` ends the day that the member was told. While it is held or appealed: released by itself then, unless it
    is decided before (None: waits until somebody decides). After a refusal: an appeal is possible until then (None:
    refused before there were appeals). ``why`` and ``words`` are what the member reads of a refusal, ``answer`` is for
    staff.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Under review")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        APPEALED = "appealed", _("Appealed")
        UPHELD = "upheld", _("Refused after an appeal")

    class Why(models.TextChoices):
        """A reason in plain words."""

        DEVICE = "device", _("Many accounts earned with one device or from one place.")
        PERSON = "person", _("Several accounts belong to one person.")
        PROGRAM = "program", _("It was done by a program, not by a person.")
        UNDONE = "undone", _("What the activity asks for was not done.")
        OTHER = "other", _("For another reason.")

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="earning_reviews", verbose_name=_("member")
    )
    behaviour = models.CharField(_("behaviour"), max_length=16)
    points = models.IntegerField(_("points"))
    kind = models.CharField(_("kind"), max_length=16)
    key = models.CharField(_("key"), max_length=128)
    source = models.CharField(_("source"), max_length=64, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)
    rule_version = models.CharField(_("rule version"), max_length=32)
    steps = models.JSONField(_("breakdown"))
    grounds = models.JSONField(_("grounds"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(_("until when"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=64, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    why = models.CharField(_("reason of the refusal"), max_length=8, choices=Why, blank=True, default="", db_default="")
    words = models.CharField(_("words to the member"), max_length=300, blank=True, default="", db_default="")
    answer = models.CharField(_("note"), max_length=200, blank=True)
    appeal = models.CharField(_("appeal"), max_length=1000, blank=True, default="", db_default="")
    appealed_at = models.DateTimeField(_("appealed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("earning under review")
        verbose_name_plural = _("earnings under review")
        permissions = [("decide_earningreview", _("Can approve and refuse earnings under review"))]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="points_review_once"),
            models.CheckConstraint(condition=Q(points__gt=0), name="points_review_points"),
            models.CheckConstraint(
                condition=Q(state="pending", decided_by="", decided_at__isnull=True, appealed_at__isnull=True)
                | (Q(state__in=["approved", "refused"], decided_at__isnull=False) & ~Q(decided_by=""))
                | (
                    Q(state__in=["appealed", "upheld"], decided_at__isnull=False, appealed_at__isnull=False)
                    & ~Q(decided_by="")
                    & ~Q(appeal="")
                ),
                name="points_review_state",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="points_review_open", condition=Q(state__in=["pending", "appealed"]))
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.points:+d}"
