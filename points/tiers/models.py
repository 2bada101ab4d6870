"""Membership tiers: their figures, which one a member has, and how it came about (C12, C13)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TierCode(models.TextChoices):
    """The tiers, lowest first. What they are called, give and ask for is in ``Tier``."""

    NORMAL = "normal", _("Standard")
    SILVER = "silver", _("Silver")
    GOLD = "gold", _("Gold")
    DIAMOND = "diamond", _("Diamond")


LOWEST = TierCode.NORMAL


class Tier(models.Model):
    """What staff set for a tier; code reads it from memory (``points.tiers.rules``). Percents are taken off."""

    code = models.CharField(_("code"), max_length=8, primary_key=True, choices=TierCode)
    position = models.PositiveSmallIntegerField(_("position"), unique=True)
    name = models.CharField(_("name"), max_length=16)
    name_en = models.CharField(_("English name"), max_length=16, blank=True)
    threshold = models.PositiveIntegerField(_("points needed"))
    multiplier = models.DecimalField(_("multiplier of purchase points"), max_digits=4, decimal_places=2)
    discount_percent = models.PositiveSmallIntegerField(_("off points prices (%)"))
    member_day_percent = models.PositiveSmallIntegerField(_("more off on member day (%)"))
    birthday_points = models.PositiveIntegerField(_("birthday gift"))
    free_shipping = models.BooleanField(_("free shipping"))

    class Meta:
        db_table = "points_tier"
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(condition=Q(code__in=TierCode.values), name="points_tier_code"),
            models.CheckConstraint(
                condition=Q(code=LOWEST, threshold=0) | (~Q(code=LOWEST) & Q(threshold__gt=0)),
                name="points_tier_lowest_for_all",
            ),
            models.CheckConstraint(
                condition=Q(multiplier__gte=1, multiplier__lte=10)
                & Q(discount_percent__lte=90, member_day_percent__lte=90, birthday_points__lte=100_000),
                name="points_tier_within_reason",
            ),
        ]

    def __str__(self):
        return self.name


class MemberTier(models.Model):
    """The tier of a member; who never rose above the lowest has no row.

    ``tier`` is earned: it has counted ``since`` then, and is looked at again on the shop's day ``review_on``: the
    anniversary, or the day after the grace, whose last day is ``grace_until``. ``pinned_tier`` is what staff set, or
    empty; while it stands it is the member's tier, and the earned one lives on below it.
    """

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="tier_row",
        verbose_name=_("member"),
    )
    # Not a foreign key: every promotion would lock one of four rows.
    tier = models.CharField(_("earned tier"), max_length=8, choices=TierCode)
    since = models.DateTimeField(_("since"))
    review_on = models.DateField(_("looked at again on"), null=True, blank=True)
    grace_until = models.DateField(_("last day of the grace"), null=True, blank=True)
    pinned_tier = models.CharField(_("pinned tier"), max_length=8, choices=TierCode, blank=True)
    pinned_at = models.DateTimeField(_("pinned at"), null=True, blank=True)
    pinned_by = models.CharField(_("pinned by"), max_length=64, blank=True)
    pin_reason = models.CharField(_("reason of the pin"), max_length=200, blank=True)

    class Meta:
        db_table = "points_member_tier"
        verbose_name = _("member's tier")
        verbose_name_plural = _("members' tiers")
        permissions = [("pin_tier", _("Can pin and unpin tiers"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(tier=LOWEST, review_on__isnull=True, grace_until__isnull=True)
                | (Q(tier__in=TierCode.values, review_on__isnull=False) & ~Q(tier=LOWEST)),
                name="points_member_tier_reviewed",
            ),
            models.CheckConstraint(
                condition=Q(pinned_tier="", pinned_at__isnull=True, pinned_by="", pin_reason="")
                | (Q(pinned_tier__in=TierCode.values, pinned_at__isnull=False) & ~Q(pinned_by="") & ~Q(pin_reason="")),
                name="points_member_tier_pin",
            ),
        ]
        indexes = [
            models.Index(fields=["review_on"], name="points_member_tier_review", condition=Q(review_on__isnull=False)),
            models.Index(fields=["tier"], name="points_member_tier_tier"),
            models.Index(fields=["pinned_tier"], name="points_member_tier_pinned", condition=~Q(pinned_tier="")),
        ]

    def __str__(self):
        return str(self.member)

    @property
    def code(self):
        """The tier that counts."""
        return self.pinned_tier or self.tier


class TierChange(models.Model):
    """A turn in a member's tier, written once and kept: the story that staff and the member read.

    ``points`` are those of the window at the time.
    """

    class Cause(models.TextChoices):
        PROMOTED = "promoted", _("Reached")
        KEPT = "kept", _("Kept")
        WARNED = "warned", _("Grace began")
        DEMOTED = "demoted", _("One step down")
        PINNED = "pinned", _("Pinned by staff")
        UNPINNED = "unpinned", _("Pin removed")

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("member")
    )
    cause = models.CharField(_("what happened"), max_length=8, choices=Cause)
    from_tier = models.CharField(_("from"), max_length=8, choices=TierCode)
    to_tier = models.CharField(_("to"), max_length=8, choices=TierCode)
    points = models.BigIntegerField(_("points in the window"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        db_table = "points_tier_change"
        verbose_name = _("change of tier")
        verbose_name_plural = _("changes of tiers")
        constraints = [
            models.CheckConstraint(condition=Q(points__gte=0), name="points_tier_change_points"),
            models.CheckConstraint(
                condition=Q(from_tier__in=TierCode.values, to_tier__in=TierCode.values), name="points_tier_change_tiers"
            ),
        ]
        indexes = [models.Index(fields=["member", "-at"], name="points_tier_change_of")]

    def __str__(self):
        return f"{self.member_id} {self.from_tier} {self.to_tier}"
