"""Ways to earn points other than buying: for now the daily sign-in."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SignIn(models.Model):
    """One member signed in on one day of the shop (D1). Written by ``services.sign_in`` only, never changed."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sign_ins", verbose_name=_("member")
    )
    local_date = models.DateField(_("date"), help_text=_("The date in the shop's time zone, not in UTC."))
    day = models.PositiveIntegerField(_("day of the streak"), help_text=_("1 on the first day, then one more a day."))
    points = models.PositiveIntegerField(_("points"), help_text=_("As they were booked on that day."))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("daily sign-in")
        verbose_name_plural = _("daily sign-ins")
        ordering = ["-local_date", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["member", "local_date"], name="sign_in_once_a_day"),
            models.CheckConstraint(condition=Q(day__gte=1), name="sign_in_day_from_1"),
            models.CheckConstraint(condition=Q(points__gte=0), name="sign_in_points_sound"),
        ]

    def __str__(self):
        return f"{self.local_date} #{self.member_id}"
