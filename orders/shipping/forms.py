"""What staff type about parcels."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from core.errors import DomainError
from core.forms import IntegerField, PlainField
from core.tables.fields import TableField
from orders.models import Carrier
from orders.shipping.services import shipping, shipping_file


class ParcelForm(forms.Form):
    """Carrier and tracking number of a parcel. ``shared`` is asked when another order has the number."""

    carrier = forms.ModelChoiceField(
        Carrier.objects.filter(is_active=True), label=_("Carrier"), widget=UnfoldAdminSelectWidget
    )
    tracking_number = PlainField(
        max_length=40,
        label=_("Tracking number"),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "autofocus": True, "spellcheck": "false"}),
    )
    shared = forms.BooleanField(required=False, label=_("Both orders are in this parcel"), widget=forms.HiddenInput)

    def add_error(self, field, error):
        super().add_error(field, error)
        if self.cleaned_data.get("shared") or self.has_error(NON_FIELD_ERRORS, shipping.TrackingNumberTaken.code):
            self.fields["shared"].widget = UnfoldBooleanSwitchWidget()

    def clean_tracking_number(self):
        try:
            return shipping.clean_tracking_number(self.cleaned_data["tracking_number"])
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error


class ShipForm(ParcelForm):
    """Staff hand a parcel over: all that waits (``left``, ``{OrderItem: pieces}``), or fewer pieces of an item."""

    def __init__(self, *args, left, **kwargs):
        super().__init__(*args, **kwargs)
        self.left = left
        for item, pieces in left.items():
            name = f"{item.title} · {item.sku_label}" if item.sku_label else item.title
            self.fields[f"pieces_{item.pk}"] = IntegerField(
                min_value=0,
                max_value=pieces,
                required=False,
                initial=pieces,
                label=name,
                help_text=_("%(count)s wait; fewer leave the rest for another parcel.") % {"count": pieces},
                widget=UnfoldAdminIntegerFieldWidget,
            )

    def clean(self):
        data = super().clean()
        typed = {item: data.get(f"pieces_{item.pk}") for item in self.left}
        data["pieces"] = {item.pk: left if typed[item] is None else typed[item] for item, left in self.left.items()}
        return data


class ShippingFileForm(forms.Form):
    """A file of parcels. ``content`` carries it signed from the preview to the act."""

    file = TableField(
        label=_("CSV or XLSX file"),
        most_bytes=shipping_file.MOST_BYTES,
        required=False,
        help_text=_(
            "The exported orders to ship with carrier and tracking number filled in, or a table with these three "
            "columns. At most 1,000 lines."
        ),
    )
    content = forms.CharField(required=False, widget=forms.HiddenInput)
    skip_refused = forms.BooleanField(
        required=False, label=_("Leave refused lines out"), widget=UnfoldBooleanSwitchWidget
    )
    shared = forms.BooleanField(required=False)
