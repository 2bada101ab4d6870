"""What staff type on the page of an order."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget


class CancelForm(forms.Form):
    """Staff cancel an order; the member reads the reason."""

    reason = forms.CharField(
        max_length=200,
        label=_("Reason"),
        help_text=_("The member reads it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
