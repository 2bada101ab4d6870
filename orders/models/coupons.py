"""Coupons and privileges: what kinds there are, and which member has which (F11)."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import in_language
from orders.models.order import Order

MOST_FEN = 100_000_00
MOST_DAYS = 3650


class CouponKind(models.TextChoices):
    """What a coupon does to an order. An order takes at most one of each."""

    CASH_OFF = "cash_off", _("Cash off")
    MEMBER_DAY = "member_day", _("Member-day discount")
    FREE_SHIPPING = "free_shipping", _("Free shipping")


def _terms_whole(name):
    """Each kind has its own figures and none of another's."""
    return models.CheckConstraint(
        condition=Q(kind=CouponKind.CASH_OFF, off_fen__gt=0, percent=0)
        | Q(kind=CouponKind.MEMBER_DAY, off_fen=0, percent__gt=0, percent__lt=100)
        | Q(kind=CouponKind.FREE_SHIPPING, off_fen=0, percent=0),
        name=name,
        violation_error_message=_("Cash off needs an amount, a member-day discount a percentage, free shipping none."),
    )


class CouponType(models.Model):
    """A kind of coupon as staff offer it.

    ``points_price``: what a member pays for one in points; None: it is only given. ``total`` and ``per_member`` limit
    how many there are, None: no limit; ``issued`` counts them. A coupon lives ``valid_days``, or until
    ``valid_until``. A change counts for coupons that are given afterwards: each keeps the terms it came with.
    """

    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9_-]+$", _("Only a–z, 0–9, “-” and “_”."))],
    )
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=CouponKind)
    off_fen = models.PositiveIntegerField(_("cash off (fen)"), default=0, validators=[MaxValueValidator(MOST_FEN)])
    percent = models.PositiveSmallIntegerField(_("percent off points"), default=0)
    minimum_fen = models.PositiveIntegerField(
        _("from cash for goods of (fen)"), default=0, help_text=_("0: from any amount on.")
    )
    points_price = models.PositiveIntegerField(
        _("points price"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: members cannot get it for points."),
    )
    total = models.PositiveIntegerField(_("how many there are"), null=True, blank=True, help_text=_("Empty: no limit."))
    per_member = models.PositiveSmallIntegerField(
        _("at most for one member"), null=True, blank=True, default=1, validators=[MinValueValidator(1)]
    )
    issued = models.PositiveIntegerField(_("given out"), default=0, editable=False)
    offered_from = models.DateTimeField(_("to be had from"), null=True, blank=True)
    offered_until = models.DateTimeField(_("to be had until"), null=True, blank=True)
    valid_days = models.PositiveSmallIntegerField(
        _("valid for days"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)]
    )
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("coupon type")
        verbose_name_plural = _("coupon types")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CouponKind.values), name="coupon_type_kind_known"),
            _terms_whole("coupon_type_terms_whole"),
            models.CheckConstraint(
                condition=Q(minimum_fen__gte=0) & (Q(points_price__isnull=True) | Q(points_price__gt=0)),
                name="coupon_type_amounts_positive",
            ),
            models.CheckConstraint(
                condition=Q(total__isnull=True) | Q(issued__lte=F("total")), name="coupon_type_within_total"
            ),
            models.CheckConstraint(
                condition=Q(valid_days__isnull=False, valid_until__isnull=True)
                | Q(valid_days__isnull=True, valid_until__isnull=False),
                name="coupon_type_one_validity",
                violation_error_message=_("Give either the days a coupon is valid, or its last moment."),
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def title(self):
        return in_language(self.name, self.name_en)

    def clean(self):
        if self.total is not None and self.total < self.issued:
            raise ValidationError({"total": _("So many were given out already: %(n)s.") % {"n": self.issued}})


class Coupon(models.Model):
    """A coupon of one member, with the terms it was given under.

    It can be used while it is ``unused`` and ``expires_at`` lies ahead by the clock; that its state becomes
    ``expired`` afterwards is for whoever reads lists. ``key`` says for what it was given: the same key again gives
    nothing more.
    """

    class State(models.TextChoices):
        UNUSED = "unused", _("Can be used")
        USED = "used", _("Used")
        EXPIRED = "expired", _("Ended")
        REVOKED = "revoked", _("Revoked")

    class Source(models.TextChoices):
        POINTS = "points", _("Redeemed with points")
        STAFF = "staff", _("Given by staff")
        ACTIVITY = "activity", _("From an activity")

    type = models.ForeignKey(CouponType, models.PROTECT, related_name="coupons", verbose_name=_("coupon type"))
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="coupons", verbose_name=_("member")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.UNUSED)
    kind = models.CharField(_("kind"), max_length=16, choices=CouponKind)
    off_fen = models.PositiveIntegerField(_("cash off (fen)"), default=0)
    percent = models.PositiveSmallIntegerField(_("percent off points"), default=0)
    minimum_fen = models.PositiveIntegerField(_("from cash for goods of (fen)"), default=0)
    source = models.CharField(_("source"), max_length=8, choices=Source)
    points = models.PositiveIntegerField(_("points paid"), default=0)
    key = models.CharField(_("key"), max_length=128)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    issued_at = models.DateTimeField(_("given at"))
    expires_at = models.DateTimeField(_("ends at"))
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="coupons", verbose_name=_("order")
    )
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["-issued_at", "-pk"]
        permissions = [("issue_coupon", _("Can give coupons out")), ("revoke_coupon", _("Can withdraw coupons"))]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="coupon_once"),
            models.CheckConstraint(
                condition=Q(state__in=["unused", "used", "expired", "revoked"]), name="coupon_state_known"
            ),
            _terms_whole("coupon_terms_whole"),
            models.CheckConstraint(condition=Q(minimum_fen__gte=0, points__gte=0), name="coupon_amounts_positive"),
            models.CheckConstraint(
                condition=Q(state="used", order__isnull=False, used_at__isnull=False)
                | (~Q(state="used") & Q(order__isnull=True, used_at__isnull=True)),
                name="coupon_used_on_an_order",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "state", "expires_at"], name="coupon_of_member"),
            models.Index(fields=["expires_at"], name="coupon_to_end", condition=Q(state="unused")),
        ]

    def __str__(self):
        return f"{self.type_id} · {self.pk}"

    @property
    def subject(self):
        """The coupon in the audit trail."""
        return f"coupon:{self.pk}"


class CouponClaim(models.Model):
    """How many coupons of a type a member has had: the counter that makes ``per_member`` hold under races."""

    type = models.ForeignKey(CouponType, models.PROTECT, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    count = models.PositiveIntegerField(_("given out"), default=0)

    class Meta:
        verbose_name = _("coupon count")
        verbose_name_plural = _("coupon counts")
        constraints = [models.UniqueConstraint(fields=["type", "member"], name="coupon_claim_once")]

    def __str__(self):
        return f"{self.type_id} × {self.count}"
