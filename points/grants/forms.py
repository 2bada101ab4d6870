"""What staff may send to give and take points."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.finding import find_member
from core.forms import IntegerField
from core.tables.fields import TableField
from points.grants.models import Reason
from points.grants.services import grant_file
from points.grants.services.adjusting import MOST_POINTS


class AdjustForm(forms.Form):
    """Points of one member; ``form_key`` makes a second submission harmless."""

    form_key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    member = forms.CharField(
        max_length=254,
        label=_("Member"),
        help_text=_("Phone, e-mail, username or number"),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    points = IntegerField(
        min_value=-MOST_POINTS,
        max_value=MOST_POINTS,
        label=_("Points"),
        help_text=_("Negative takes points away."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.ChoiceField(
        choices=[("", "—"), *Reason.choices],
        label=_("Reason"),
        help_text=_("The member reads it."),
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        max_length=200,
        required=False,
        label=_("Note"),
        help_text=_("For staff; the member does not see it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    @staticmethod
    def new_key():
        return str(uuid.uuid4())

    def clean_member(self):
        """The member's id."""
        pk = find_member(self.cleaned_data["member"])
        if pk is None:
            raise forms.ValidationError(_("There is no such member."))
        return pk

    def clean_points(self):
        if not self.cleaned_data["points"]:
            raise forms.ValidationError(_("Enter a number other than 0."))
        return self.cleaned_data["points"]


class GrantForm(forms.Form):
    """A file of points to give."""

    file = TableField(
        label=_("CSV or XLSX file"),
        most_bytes=grant_file.MOST_BYTES,
        help_text=_(
            "At most 100,000 lines. Columns: member (phone, e-mail, username or number), points, and as you like "
            "reason and key. Lines with the same key are granted once."
        ),
    )
    reason = forms.ChoiceField(
        choices=Reason,
        label=_("Reason"),
        help_text=_("Of lines that name none. The member reads it."),
        widget=UnfoldAdminSelectWidget,
    )
    skip_refused = forms.BooleanField(
        required=False,
        label=_("Leave refused lines out and grant the rest"),
        help_text=_("Without it nothing is granted while a line is refused."),
        widget=UnfoldBooleanWidget,
    )
