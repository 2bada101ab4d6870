"""What members send about goods that shall come back: choices and words, never amounts (F10)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import IntegerField, PlainField
from orders.after_sale.services.requesting import LONGEST_TEXT, MEMBERS_KINDS
from orders.models import AfterSaleReason


class PicturesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several files; which of them are pictures is for the service to see."""

    widget = PicturesInput

    def clean(self, data, initial=None):
        return [super(PicturesField, self).clean(file, initial) for file in data or []]


class AskForm(forms.Form):
    """``pieces_<item id>`` says how many of an item; ``form_key`` makes a second submission harmless."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        choices=[(kind.value, kind.label) for kind in MEMBERS_KINDS], label=_("What you would like")
    )
    reason = forms.ChoiceField(choices=[("", _("Please choose")), *AfterSaleReason.choices], label=_("Reason"))
    text = forms.CharField(
        max_length=LONGEST_TEXT,
        required=False,
        label=_("What happened"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    pictures = PicturesField(
        required=False,
        label=_("Pictures"),
        widget=PicturesInput(attrs={"accept": "image/jpeg,image/png,image/webp", "multiple": True}),
    )

    def __init__(self, *args, askable, most_pictures, **kwargs):
        super().__init__(*args, **kwargs)
        self.askable = askable
        self.fields["pictures"].help_text = _("At most %(most)s. Only you and our staff see them.") % {
            "most": most_pictures
        }
        for item, left in askable.items():
            self.fields[f"pieces_{item.pk}"] = IntegerField(
                min_value=0, max_value=left, required=False, label=item.title
            )

    @property
    def pieces(self):
        """``{item_id: quantity}`` of what was chosen."""
        return {item.pk: self.cleaned_data.get(f"pieces_{item.pk}") or 0 for item in self.askable}

    @property
    def lines(self):
        """``(item, bound field, most)`` for the page."""
        return [(item, self[f"pieces_{item.pk}"], left) for item, left in self.askable.items()]


class SentForm(forms.Form):
    """How the goods travel back."""

    carrier = PlainField(max_length=64, label=_("Carrier"))
    tracking_number = PlainField(max_length=40, label=_("Tracking number"))
