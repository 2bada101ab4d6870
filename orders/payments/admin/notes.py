"""Forms of acts on money: one that is only confirmed, and those that say why."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from catalog.forms import YuanField
from core.forms import PlainField


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


class MarkPaidForm(NoteForm):
    """What staff saw on the provider's own pages."""

    amount_fen = YuanField(label=_("Amount that arrived (yuan)"))
    provider_id = PlainField(
        max_length=64,
        label=_("Provider's number"),
        help_text=_("As it stands on the provider's own pages. Refunds of bank cards need it."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["amount_fen", "provider_id", "note"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["amount_fen"].required = True


class RefundForm(NoteForm):
    """How much goes back, and why."""

    amount_fen = YuanField(
        label=_("Amount to give back (yuan)"),
        help_text=_(
            "For goods that come back use after-sale, which settles points and stock too. Here cash alone goes back, "
            "and the points that it earned."
        ),
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ["amount_fen", "note"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["amount_fen"].required = True
