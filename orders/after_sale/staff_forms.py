"""What staff type about after-sale cases."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from core.forms import DecimalField, IntegerField
from orders.models import AfterSaleKind, AfterSaleReason, StockBack
from orders.parameters import RETURN_ADDRESS
from orders.shipping.forms import ParcelForm


class AnswerForm(forms.Form):
    """A word to the member, needed or not."""

    answer = forms.CharField(
        max_length=200,
        label=_("Answer"),
        help_text=_("The member reads it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args, required=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["answer"].required = required


class ApproveForm(AnswerForm):
    """Goods are sent somewhere: where no parameter says it, the answer does."""

    def __init__(self, *args, **kwargs):
        has_address = bool(RETURN_ADDRESS.value)
        super().__init__(*args, required=not has_address, **kwargs)
        if not has_address:
            self.fields["answer"].help_text = _(
                "No return address is set in the parameters: tell the member here where to send the goods."
            )


class StockBackForm(forms.Form):
    stock_back = forms.ChoiceField(
        choices=[("", "---------"), *StockBack.choices],
        label=_("Pieces that came back"),
        widget=UnfoldAdminSelectWidget,
    )


class GiveUpForm(StockBackForm, AnswerForm):
    """The rest of an order cannot be had."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["stock_back"].label = _("Pieces that are not sent")


class ExchangeForm(ParcelForm, StockBackForm):
    """The replacement's parcel."""


class ConfirmForm(forms.Form):
    """Nothing to type: an act that is asked for once more."""


class SettleForm(StockBackForm, AnswerForm):
    """What goes back for each item; proposed is the share of the pieces."""

    def __init__(self, *args, case, offer, **kwargs):
        super().__init__(*args, required=False, **kwargs)
        self.offer = offer
        if case.kind == AfterSaleKind.REFUND:
            del self.fields["stock_back"]
        else:
            damaged = case.reason == AfterSaleReason.DAMAGED
            self.fields["stock_back"].initial = StockBack.DAMAGED if damaged else StockBack.SELLABLE
            self.fields["stock_back"].help_text = _("Proposed by the member's reason: please look at the goods.")
        fields = {}
        for line in offer.lines:
            name = f"{line.item.title} × {line.quantity}"
            if line.most_points:
                fields[f"points_{line.item.pk}"] = IntegerField(
                    min_value=0,
                    max_value=line.most_points,
                    initial=line.points,
                    label=_("%(name)s: points") % {"name": name},
                    help_text=_("at most %(most)s") % {"most": f"{line.most_points:,}"},
                    widget=UnfoldAdminIntegerFieldWidget,
                )
            if line.most_fen:
                fields[f"yuan_{line.item.pk}"] = _yuan_field(
                    _("%(name)s: cash (¥)") % {"name": name}, line.fen, line.most_fen
                )
        if offer.most_shipping_fen:
            fields["yuan_shipping"] = _yuan_field(_("Shipping (¥)"), offer.shipping_fen, offer.most_shipping_fen)
        self.fields = fields | self.fields

    def clean(self):
        data = super().clean()
        data["amounts"] = {
            line.item.pk: (data.get(f"points_{line.item.pk}") or 0, _fen(data.get(f"yuan_{line.item.pk}")))
            for line in self.offer.lines
        }
        data["shipping_fen"] = _fen(data.get("yuan_shipping"))
        return data


def _yuan_field(label, fen, most_fen):
    return DecimalField(
        min_value=0,
        max_value=Decimal(most_fen) / 100,
        decimal_places=2,
        initial=f"{fen / 100:.2f}",
        label=label,
        help_text=_("at most %(most)s") % {"most": f"¥{most_fen / 100:,.2f}"},
        widget=UnfoldAdminDecimalFieldWidget,
    )


def _fen(yuan):
    return int(yuan * 100) if yuan else 0
