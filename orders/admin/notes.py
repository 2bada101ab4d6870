"""Forms of acts on money: one that is only confirmed, and one that says why."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget


class ConfirmForm(forms.Form):
    """There is nothing to fill in."""


class NoteForm(forms.Form):
    """What was found and done; it stays with the payment and in the audit trail."""

    note = forms.CharField(
        max_length=200,
        label=_("Note"),
        help_text=_("What was found, and how it was settled. Auditors read it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
