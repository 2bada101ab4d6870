"""How long points live: the shop's rules, each from its first day, and which members were told that points end."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from points.ledger.models.ledger import PointsAccount

MOST_MONTHS = 120


class ExpiryPolicy(models.Model):
    """The rule for points earned on ``starts_on`` (shop's midnight) and after, until the next one starts (B9).

    Lots keep the end that they were given: a later rule shortens no points, and none that were to live for ever. Before
    the first row, ``POINTS_EXPIRY_MONTHS`` rules (``points.ledger.rules``). A row is announced before it starts; until
    then it can be cancelled, which deletes it (the audit trail remembers).
    """

    class Kind(models.TextChoices):
        PER_LOT = "per_lot", _("A time from each earning")
        PERIOD_END = "period_end", _("With the end of a month, quarter or year")
        ACTIVITY = "activity", _("A time without any earning")
        NEVER = "never", _("Never")

    class Unit(models.TextChoices):
        """The part of the calendar with whose last moment points end."""

        DAY = "day", _("Day")
        MONTH = "month", _("Month")
        QUARTER = "quarter", _("Quarter")
        YEAR = "year", _("Year")
        NONE = "", _("None")

    starts_on = models.DateField(_("first day"), primary_key=True)
    kind = models.CharField(_("points end"), max_length=10, choices=Kind)
    months = models.PositiveSmallIntegerField(_("months"))
    unit = models.CharField(_("until the end of the"), max_length=7, choices=Unit, blank=True)
    announced_at = models.DateTimeField(_("announced at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        db_table = "points_expiry_policy"
        verbose_name = _("expiry rule")
        verbose_name_plural = _("expiry rules")
        ordering = ["-starts_on"]
        permissions = [("announce_expirypolicy", _("Can announce and cancel expiry rules"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="per_lot", months__gte=1, unit="day")
                | Q(kind="period_end", unit__in=["month", "quarter", "year"])
                | Q(kind="activity", months__gte=1, unit="month")
                | Q(kind="never", months=0, unit=""),
                name="points_expiry_policy_whole",
            ),
            models.CheckConstraint(condition=Q(months__lte=MOST_MONTHS), name="points_expiry_policy_months"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} {self.kind}"


class ExpiryWarning(models.Model):
    """A member was told, ``days`` days before or less, that ``points`` can be used until the end of ``ends_on``.

    The key is the promise "once each" (B10): who inserts the row sends the message.
    """

    pk = models.CompositePrimaryKey("account_id", "ends_on", "days")
    account = models.ForeignKey(
        PointsAccount,
        models.PROTECT,
        related_name="expiry_warnings",
        db_index=False,
        verbose_name=_("points account"),
    )
    ends_on = models.DateField(_("last day"))
    days = models.PositiveSmallIntegerField(_("days before"))
    points = models.BigIntegerField(_("points"))
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "points_expiry_warning"
        verbose_name = _("expiry warning")
        verbose_name_plural = _("expiry warnings")
        constraints = [models.CheckConstraint(condition=Q(points__gt=0), name="points_expiry_warning_points")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.ends_on} -{self.days}"
