"""Which entries of an account to show."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DateField, IntegerField

MAX_SEQ = 2**31 - 1
BOX = "bg-white border border-base-200 px-3 py-2 rounded-default text-sm dark:bg-base-900 dark:border-base-700"


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
