"""What staff may send about tiers."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.finding import find_member
from core.forms import DecimalField, IntegerField, PlainField
from core.staff import reason_field
from points.tiers import rules
from points.tiers.models import LOWEST, Tier
from points.tiers.services.tier_figures import MOST_NAME, RANGES

HELP = {
    "threshold": _("Earned in the months that count. It must rise from tier to tier."),
    "multiplier": _("Purchase points are multiplied by it, where the rule set says nothing else."),
    "discount_percent": _("Taken off the price in points, in percent."),
    "member_day_percent": _("Taken off on member day beside that, in percent."),
    "birthday_points": _("Points given on the member's birthday, once a year; 0 for none."),
}


class FiguresForm(forms.Form):
    """All figures of one tier."""

    name = PlainField(max_length=MOST_NAME, widget=UnfoldAdminTextInputWidget)
    name_en = PlainField(max_length=MOST_NAME, required=False, widget=UnfoldAdminTextInputWidget)
    threshold = IntegerField(widget=UnfoldAdminIntegerFieldWidget)
    multiplier = DecimalField(decimal_places=2, widget=UnfoldAdminDecimalFieldWidget)
    discount_percent = IntegerField(widget=UnfoldAdminIntegerFieldWidget)
    member_day_percent = IntegerField(widget=UnfoldAdminIntegerFieldWidget)
    birthday_points = IntegerField(widget=UnfoldAdminIntegerFieldWidget)
    free_shipping = forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget)

    def __init__(self, *args, tier, **kwargs):
        super().__init__(*args, initial={name: getattr(tier, name) for name in rules.FIGURES}, **kwargs)
        for name, form_field in self.fields.items():
            form_field.label = Tier._meta.get_field(name).verbose_name
            form_field.help_text = HELP.get(name, "")
        if tier.code == LOWEST:  # it is everybody's
            del self.fields["threshold"]
        self.fields["reason"] = reason_field()

    def clean(self):
        """Ranges are the service's; this says them beside the field."""
        for name, (least, most) in RANGES.items():
            value = self.cleaned_data.get(name)
            if value is not None and not least <= value <= most:
                self.add_error(name, _("From %(least)s to %(most)s.") % {"least": least, "most": most})
        return self.cleaned_data


class UnpinForm(forms.Form):
    reason = forms.CharField(
        max_length=200,
        label=_("Reason"),
        help_text=_("For staff; the member does not see it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class PinForm(UnpinForm):
    member = forms.CharField(
        max_length=254,
        label=_("Member"),
        help_text=_("Phone, e-mail, username or number"),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    tier = forms.ChoiceField(label=_("Tier"), widget=UnfoldAdminSelectWidget)
    field_order = ["member", "tier", "reason"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tier"].choices = [("", "—"), *((tier.code, tier.title) for tier in rules.all_tiers())]

    def clean_member(self):
        """The member's id."""
        pk = find_member(self.cleaned_data["member"])
        if pk is None:
            raise forms.ValidationError(_("There is no such member."))
        return pk
