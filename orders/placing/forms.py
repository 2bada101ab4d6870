"""What members may send: choices, never prices."""

from django import forms

from catalog.models import Way
from core.forms import IntegerField, PlainField
from orders.models.cart import MOST_PIECES

MOST_ID = 2**63 - 1


class ChoiceForm(forms.Form):
    """One SKU in one way: what the detail page sends, and what the address of a quick redemption carries."""

    sku = IntegerField(min_value=1, max_value=MOST_ID)
    way = forms.ChoiceField(choices=Way)
    quantity = IntegerField(min_value=1, max_value=MOST_PIECES)


class LineForm(forms.Form):
    """A change of a cart line. ``step`` is what the plus and minus buttons add; a quantity of 0 takes the line out."""

    quantity = IntegerField(min_value=0, max_value=MOST_PIECES + 1)
    step = IntegerField(min_value=-1, max_value=1, required=False)
    way = forms.ChoiceField(choices=Way, required=False)


class IdsField(forms.Field):
    """Ids sent under one name; empty ones mean "none", what is no id is refused."""

    widget = forms.SelectMultiple

    def clean(self, value):
        chosen = [text for text in value or [] if text]
        if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in chosen):
            raise forms.ValidationError(self.error_messages["required"])
        return tuple(sorted({int(text) for text in chosen}))


class CheckoutForm(forms.Form):
    """``quote`` is the digest of the sum that was shown and ``shown`` its signed lines, ``form_key`` makes a second
    submission harmless. ``deduct`` and ``coupon`` are what the member wishes; what they are worth is ours to say.
    ``known`` is the number of an order of the same goods that the member was told of."""

    form_key = forms.UUIDField()
    quote = forms.CharField(max_length=16)
    shown = forms.CharField(max_length=20_000, required=False)
    deduct = IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    coupon = IdsField(required=False)
    address = IntegerField(min_value=1, max_value=MOST_ID, required=False)
    provider = forms.CharField(max_length=16, required=False)
    note = PlainField(max_length=200, required=False)
    known = forms.SlugField(max_length=20, required=False)
