"""Forms of the staff: options and parameters as lines of text, money in yuan, checked pictures."""

import re
import unicodedata
from decimal import Decimal
from functools import reduce

from django import forms
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminImageFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from catalog import rules
from catalog.models import SKU, Product, ProductImage, StockMovement
from catalog.parameters import MARGIN_PERCENT
from catalog.prices import Way
from catalog.services import pictures, stock
from core.errors import DomainError
from core.formats import yuan_sum
from core.forms import ChooseAgain, DecimalField, InTable, IntegerField, OnceSent
from points.ledger.parameters import POINTS_PER_YUAN
from points.tiers import rules as tiers

PRICES = {"points_price", "mixed_points", "mixed_fen", "cash_fen", "cost_fen"}
ONE_OF = ("points_price", "mixed_points", "cash_fen")
FIELD_OF = {Way.POINTS: "points_price", Way.MIXED: "mixed_points", Way.CASH: "cash_fen"}
FEN_PER_YUAN = 100
LARGEST_YUAN = 20_000_000


class LinesField(forms.CharField):
    """Pairs of a name and the rest, one per line: ``颜色：奶白、松绿``. Read by ``read``, written by ``write``."""

    def __init__(self, *, read, write, error, **options):
        super().__init__(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **options)
        self._read, self._write, self._error = read, write, error

    def to_python(self, value):
        lines = [re.split(r"\s*[:：]\s*", line.strip(), maxsplit=1) for line in (value or "").splitlines()]
        lines = [line for line in lines if line != [""]]
        try:
            return self._read(lines)
        except (ValueError, IndexError) as error:
            raise forms.ValidationError(self._error) from error

    def prepare_value(self, value):
        return "\n".join(self._write(entry) for entry in value) if isinstance(value, list) else value

    def has_changed(self, initial, data):
        return super().has_changed(self.prepare_value(initial), data)

    def validate(self, value):
        """No further checks: an empty list is fine."""

    def run_validators(self, value):
        """The value is a list, not a text."""


def _read_options(lines):
    return rules.clean_options([{"name": name, "values": _values(rest)} for name, rest in lines])


def _values(text):
    """The values between the commas; a value may contain a space: ``350 mL``."""
    return [value for value in re.split(r"[、，,|\u3000]", text) if value.strip()]


def _line(name, text):
    return gettext("%(name)s: %(text)s") % {"name": name, "text": text}


def _enumerated(texts):
    texts = list(texts)
    return reduce(
        lambda before, text: gettext("%(before)s, %(text)s") % {"before": before, "text": text}, texts or [""]
    )


class YuanField(DecimalField):
    """Typed in yuan, stored in fen."""

    widget = UnfoldAdminDecimalFieldWidget

    def __init__(self, **options):
        super().__init__(required=False, min_value=0.01, max_value=LARGEST_YUAN, decimal_places=2, **options)

    def prepare_value(self, value):
        return f"{value / FEN_PER_YUAN:.2f}" if isinstance(value, int) else value

    def clean(self, value):
        yuan = super().clean(value)
        return None if yuan is None else int(yuan * FEN_PER_YUAN)

    def has_changed(self, initial, data):
        yuan = Decimal(initial) / FEN_PER_YUAN if isinstance(initial, int) else initial
        return super().has_changed(yuan, data)


class PictureInput(ChooseAgain, UnfoldAdminImageFieldWidget):
    pass


class PictureField(OnceSent, forms.FileField):
    """An upload that has passed ``pictures.prepare``."""

    widget = PictureInput

    def clean(self, data, initial=None):
        upload = super().clean(data, initial)
        if not data:
            return upload
        try:
            return pictures.prepare(upload)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error


class ProductForm(forms.ModelForm):
    """``refusal``: why the service refused the input; the form is shown again with it."""

    refusal = ""
    options = LinesField(
        read=_read_options,
        write=lambda option: _line(option["name"], _enumerated(option["values"])),
        error=_("One option a line, with its values: “Colour: cream, green”."),
        label=_("Options"),
        help_text=_("One option a line, with its values: “Colour: cream, green”. At most three."),
    )
    parameters = LinesField(
        read=rules.clean_parameters,
        write=lambda pair: _line(*pair),
        error=_("One parameter a line: “Material: steel”."),
        label=_("Parameters"),
        help_text=_("One parameter a line: “Material: steel”."),
    )
    market_price_fen = YuanField(label=_("Market price (yuan)"))
    reserved_tier = forms.ChoiceField(
        required=False,
        label=_("Reserved for"),
        help_text=_("Members of this tier and above may redeem it."),
        widget=UnfoldAdminSelectWidget,
    )
    under_cost_ok = forms.BooleanField(
        required=False,
        label=_("Save prices under cost as well"),
        help_text=_("Only needed where a price is worth less than the goods cost."),
        widget=UnfoldBooleanSwitchWidget,
    )

    class Meta:
        model = Product
        fields = [
            "category",
            "name",
            "name_en",
            "brand",
            "spec",
            "model_no",
            "market_price_fen",
            "description",
            "options",
            "parameters",
            "reserved_tier",
            "position",
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "reserved_tier" in self.fields:
            above = [(tier.code, tier.title) for tier in tiers.all_tiers()[1:]]
            self.fields["reserved_tier"].choices = [("", _("Everybody")), *above]

    def clean(self):
        if self.refusal:
            raise forms.ValidationError(self.refusal)
        return super().clean()


class SKUForm(forms.ModelForm):
    options = forms.CharField(
        required=False,
        label=_("Choice"),
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One value of each option: “green · 350 mL”."),
    )
    mixed_fen = YuanField(label=_("and cash (yuan)"))
    cash_fen = YuanField(
        label=_("Cash price (yuan)"), help_text=_("For cash; at checkout points can take a part of it.")
    )
    cost_fen = YuanField(label=_("Cost (yuan)"), help_text=_("What the shop pays for a piece; members never see it."))
    opening_stock = IntegerField(
        required=False,
        min_value=0,
        max_value=stock.LARGEST_CHANGE,
        label=_("Opening stock"),
        widget=UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = SKU
        fields = [
            "code",
            "options",
            "points_price",
            "mixed_points",
            "mixed_fen",
            "cash_fen",
            "cost_fen",
            "weight_g",
            "opening_stock",
            "low_stock_at",
            "position",
        ]

    def __init__(self, *args, product=None, under_cost_ok=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.product = product
        self.under_cost_ok = under_cost_ok
        self.fields["cost_fen"].widget.attrs |= {
            "data-points-per-yuan": POINTS_PER_YUAN.value,
            "data-margin": MARGIN_PERCENT.value,
            "data-proposal": _("At cost %(cost)s, proposed %(proposed)s, at the market price %(market)s points"),
        }
        if self.instance.pk:
            self.initial["options"] = " · ".join(self.instance.options.values())
            self.fields["opening_stock"].disabled = True  # later changes of stock are a separate act

    def clean_options(self):
        """The combination with the typed values, with or without option names and with any separators."""
        typed = _bare(self.cleaned_data["options"])
        options = self.product.options if self.product else []
        for combination in rules.all_combinations(options):
            named = (f"{name}:{value}" for name, value in combination.items())
            if typed in (_bare("".join(combination.values())), _bare("".join(named))):
                return combination
        wanted = _enumerated(option["name"] for option in options) or _("nothing: the product has no options")
        raise forms.ValidationError(_("Give one value of each option: %(options)s."), params={"options": wanted})

    def clean(self):
        data = super().clean()
        points, fen = data.get("mixed_points"), data.get("mixed_fen")
        if points is not None and fen is None and "mixed_fen" not in self.errors:
            self.add_error("mixed_fen", _("Points with cash need both: points and cash."))
        elif fen is not None and points is None and "mixed_points" not in self.errors:
            self.add_error("mixed_points", _("Points with cash need both: points and cash."))
        elif all(data.get(name) is None and name not in self.errors for name in ONE_OF):
            self.add_error("points_price", _("Give at least one price: points only, points and cash, or cash."))
        self._warn_under_cost(data)
        return data

    def _warn_under_cost(self, data):
        """Prices worth less than the cost of the goods are saved only if the product's form confirms it (C14)."""
        if self.under_cost_ok or self.errors or not PRICES & set(self.changed_data):
            return
        sku = SKU(**{name: data.get(name) for name in PRICES})
        for way, worth in rules.ways_under_cost(sku):
            self.add_error(
                FIELD_OF[way],
                _(
                    "Worth %(worth)s, and the goods cost %(cost)s. Switch “Save prices under cost as well” on to "
                    "keep it."
                )
                % {"worth": yuan_sum(worth), "cost": yuan_sum(sku.cost_fen)},
            )


class SKUFormSet(BaseInlineFormSet):
    """Forms that know the product with its newly typed options."""

    def get_form_kwargs(self, index):
        return super().get_form_kwargs(index) | {
            "product": self.instance,
            "under_cost_ok": bool(self.data.get("under_cost_ok")),
        }


class PictureForm(InTable):
    image = PictureField(label=_("Picture"), help_text=_("JPEG, PNG or WebP, at most 20 MB; square looks best."))

    class Meta:
        model = ProductImage
        fields = ["image", "alt", "position"]

    def _get_validation_exclusions(self):
        """Positions may clash while they are reordered; the service renumbers them."""
        return super()._get_validation_exclusions() | {"position"}


class RestockForm(forms.Form):
    """A change of stock with its reason."""

    sku = forms.ModelChoiceField(SKU.objects.none(), label=_("SKU"), widget=UnfoldAdminSelectWidget)
    delta = IntegerField(
        label=_("Pieces"),
        help_text=_("Pieces that came in; with a minus those that went: 20 or -3."),
        min_value=-stock.LARGEST_CHANGE,
        max_value=stock.LARGEST_CHANGE,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"autofocus": True}),
    )
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            (r.value, r.label)
            for r in (StockMovement.Reason.DELIVERY, StockMovement.Reason.COUNT, StockMovement.Reason.DAMAGE)
        ],
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, product, **kwargs):
        super().__init__(*args, **kwargs)
        skus = list(product.skus.all())
        for sku in skus:
            sku.product = product
        self.fields["sku"].queryset = product.skus.all()
        self.fields["sku"].choices = [(sku.pk, _choice(sku)) for sku in skus]

    def clean_delta(self):
        if not self.cleaned_data["delta"]:
            raise forms.ValidationError(_("A change of 0 changes nothing."))
        return self.cleaned_data["delta"]


def _choice(sku):
    name = f"{sku.code} {sku.label}".strip()
    return _("%(name)s: %(stock)s in stock") % {"name": name, "stock": sku.stock}


def _bare(text):
    """``text`` without word separators; full-width characters count as their plain ones."""
    return re.sub(r"[\s·/|、,;+]+", "", unicodedata.normalize("NFKC", text)).lower()
