"""What staff may send about points."""

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

from core.forms import DateField, IntegerField
from core.tables.fields import TableField
from points.finding import find_member
from points.models import EarningReview, Reason, WhatIfRun
from points.services import grant_file, review
from points.services.adjusting import MOST_POINTS

MAX_SEQ = 2**31 - 1
BOX = "bg-white border border-base-200 px-3 py-2 rounded-default text-sm dark:bg-base-900 dark:border-base-700"


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


class AgreeForm(forms.Form):
    """A second person agrees; there is nothing to fill in."""


class RefuseEarningForm(forms.Form):
    """An earning that looked odd is not given, or an appeal is not granted."""

    why = forms.ChoiceField(
        label=_("Reason"),
        help_text=_("The member reads it."),
        choices=[("", "—"), *EarningReview.Why.choices],
        widget=UnfoldAdminSelectWidget,
    )
    words = forms.CharField(
        max_length=review.MOST_WORDS,
        required=False,
        label=_("Words to the member"),
        help_text=_("The member reads them after the reason. “For another reason” needs them."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    note = forms.CharField(
        max_length=review.MOST_NOTE,
        required=False,
        label=_("Note"),
        help_text=_("For staff; the member does not see it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def clean(self):
        if self.cleaned_data.get("why") == EarningReview.Why.OTHER and not self.cleaned_data.get("words"):
            self.add_error("words", _("Say which reason it is."))


class AppealForm(forms.Form):
    """A member speaks against a refusal."""

    words = forms.CharField(
        max_length=review.MOST_APPEAL,
        label=_("Why you should get them"),
        help_text=_("For example: we are a family and use one phone."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class WhatIfForm(forms.Form):
    """Rules to replay, and over which purchases."""

    version = forms.ChoiceField(label=_("Rules"), widget=UnfoldAdminSelectWidget)
    days = forms.TypedChoiceField(
        label=_("Purchases of the last"), choices=WhatIfRun.Days, coerce=int, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args, versions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].choices = versions


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


class EntriesForm(forms.Form):
    """Which entries of an account to show; a value that makes no sense is passed over."""

    kind = forms.ChoiceField(
        required=False,
        label=_("Kind"),
        choices=[
            ("", _("All")),
            ("earned", _("Earned")),
            ("used", _("Used")),
            ("returned", _("Returned")),
            ("expired", _("Ended")),
        ],
        widget=forms.Select(attrs={"class": BOX}),
    )
    month = DateField(
        required=False,
        label=_("Month"),
        input_formats=["%Y-%m"],
        widget=forms.DateInput(format="%Y-%m", attrs={"type": "month", "class": BOX}),
    )
    before = IntegerField(required=False, min_value=1, max_value=MAX_SEQ)
