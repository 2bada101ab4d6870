"""What staff send about partners (H3)."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from core.forms import IntegerField, PlainField
from core.staff import reason_field
from points.partners.models import Event, Partner, Scope

MOST = 2**31 - 1


class LimitsForm(forms.Form):
    """Name and limits of a partner."""

    name = PlainField(max_length=60, label=_("Name"), widget=UnfoldAdminTextInputWidget)
    calls_per_minute = IntegerField(
        min_value=1,
        max_value=100_000,
        initial=600,
        label=_("Calls a minute"),
        help_text=_("More are refused until the next minute."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    daily_grant_points = IntegerField(
        min_value=0,
        max_value=MOST,
        initial=100_000,
        label=_("Points given a day"),
        help_text=_("Purchases and grants together, by the shop's day."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    daily_deduct_points = IntegerField(
        min_value=0,
        max_value=MOST,
        initial=100_000,
        label=_("Points deducted a day"),
        help_text=_("Counted when they are set aside, also where they go back later."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = reason_field()


class NewPartnerForm(LimitsForm):
    code = forms.CharField(
        max_length=24,
        label=_("Short name"),
        help_text=_("Stands in the ledger for ever: small letters, digits, dashes."),
        validators=Partner._meta.get_field("code").validators[:1],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["code"]


class PartnerForm(LimitsForm):
    is_active = forms.BooleanField(
        required=False,
        label=_("Active"),
        help_text=_("Switched off, none of its keys opens anything; what was set aside goes back at its deadline."),
        widget=UnfoldBooleanWidget,
    )


class KeyForm(forms.Form):
    """What a new key may do."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, label=_("The key may"), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )


class WebhookForm(forms.Form):
    """Where a partner is told of what."""

    url = forms.CharField(
        max_length=300,
        required=False,
        label=_("Address"),
        help_text=_("https, on the public internet. Empty: the partner is not told."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        choices=Event.choices, required=False, label=_("Told of"), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    new_secret = forms.BooleanField(
        required=False,
        label=_("Make a new secret"),
        help_text=_("The old one signs nothing from this moment on."),
        widget=UnfoldBooleanWidget,
    )


class RevokeForm(forms.Form):
    """Nothing to fill in."""
