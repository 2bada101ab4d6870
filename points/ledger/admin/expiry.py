"""Staff announce by which rule points end, and take an announcement back before it starts (B9)."""

from datetime import timedelta

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from core import actors, clock
from core.formats import shop_day
from core.forms import DateField, IntegerField
from core.staff import LookOnlyAdmin
from points.ledger import rules, wording
from points.ledger.models import ExpiryPolicy
from points.ledger.models.expiry import MOST_MONTHS
from points.ledger.services import expiry

Kind, Unit = ExpiryPolicy.Kind, ExpiryPolicy.Unit
RULES = {
    "per_lot": (Kind.PER_LOT, Unit.DAY, _("That many months after each earning, at the end of that day")),
    "month": (Kind.PERIOD_END, Unit.MONTH, _("With the last day of the month, that many months later")),
    "quarter": (Kind.PERIOD_END, Unit.QUARTER, _("With the last day of the quarter, that many months later")),
    "year": (Kind.PERIOD_END, Unit.YEAR, _("With the last day of the year, that many months later")),
    "activity": (Kind.ACTIVITY, Unit.MONTH, _("That many months after the last earning; any earning renews all")),
    "never": (Kind.NEVER, Unit.NONE, _("Never")),
}


class AnnounceForm(forms.Form):
    rule = forms.ChoiceField(
        choices=[("", "—"), *((name, label) for name, (_kind, _unit, label) in RULES.items())],
        label=_("Points end"),
        widget=UnfoldAdminSelectWidget,
    )
    months = IntegerField(
        min_value=0,
        max_value=MOST_MONTHS,
        required=False,
        initial=12,
        label=_("Number of months"),
        help_text=_("0 with a month, quarter or year: the running one. Not used where points never end."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    starts_on = DateField(
        label=_("First day"),
        help_text=_("From the shop's midnight. Points earned before keep the end they were given."),
        widget=UnfoldAdminDateWidget,
    )

    def clean(self):
        if self.cleaned_data.get("rule") == "never":
            self.cleaned_data["months"] = 0
            self.errors.pop("months", None)  # whatever stands there is not used
            return
        months = self.cleaned_data.get("months", 1)  # what is no number is said already
        if months is None or (months == 0 and self.cleaned_data.get("rule") in ("per_lot", "activity")):
            self.add_error("months", _("Say how many months."))


class CancelForm(forms.Form):
    """Nothing to fill in."""


@admin.register(ExpiryPolicy)
class ExpiryPolicyAdmin(LookOnlyAdmin):
    list_display = ["starts_on", "in_words", "state", "announced_at", "by"]
    fields = ["starts_on", "in_words", "state", "announced_at", "by"]
    readonly_fields = ["in_words", "state"]
    actions_detail = ["cancel"]

    def has_add_permission(self, request):
        return request.user.has_perm("points.announce_expirypolicy")

    def has_cancel_permission(self, request, object_id=None):
        """Those who may announce, for a rule that has not started."""
        if not self.has_add_permission(request):
            return False
        return object_id is None or str(object_id) > str(clock.shop_date(clock.now()))

    @display(description=_("rule"))
    def in_words(self, policy):
        return wording.expiry(policy)

    @display(description=_("state"), label={"now": "success", "later": "info", "over": "base"})
    def state(self, policy):
        now = clock.now()
        if policy.starts_on > clock.shop_date(now):
            return "later", _("announced")
        return ("now", _("in force")) if policy == rules.policy_at(now) else ("over", _("replaced"))

    def add_view(self, request, form_url="", extra_context=None):
        """Announce a rule."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = clock.now()
        earliest = clock.shop_date(now) + timedelta(days=rules.NOTICE_DAYS)

        def act(data):
            kind, unit, _label = RULES[data["rule"]]
            policy = expiry.announce(
                kind=kind,
                months=data["months"],
                unit=unit,
                starts_on=data["starts_on"],
                by=actors.staff(request.user.pk),
                at=now,
            )
            return _list(), _("Announced. Members read it on the rules page: from %(day)s, %(rule)s") % {
                "day": shop_day(policy.starts_on),
                "rule": wording.expiry(policy),
            }

        return self.act_page(
            request,
            AnnounceForm(request.POST or None, initial={"starts_on": earliest}),
            act,
            title=_("Announce a rule"),
            label=_("Announce"),
            back_url=_list(),
            facts=[
                (_("In force"), wording.expiry(rules.policy_at(now))),
                (_("Earliest first day"), shop_day(earliest)),
            ],
        )

    @action(description=_("Take back"), url_path="cancel", permissions=["cancel"], icon="undo", variant="danger")
    def cancel(self, request, object_id):
        """Take an announced rule back before it starts."""
        policy = self.get_object(request, object_id)
        if policy is None:
            raise Http404

        def act(data):
            expiry.cancel(starts_on=policy.starts_on, by=actors.staff(request.user.pk), at=clock.now())
            return _list(), _("Taken back. The rule before it stays in force.")

        return self.act_page(
            request,
            CancelForm(request.POST if request.method == "POST" else None),
            act,
            title=_("Take an announced rule back"),
            label=_("Take back"),
            back_url=_list(),
            facts=[(_("First day"), shop_day(policy.starts_on)), (_("Rule"), wording.expiry(policy))],
            tone="danger",
        )


def _list():
    return reverse("admin:points_expirypolicy_changelist")
