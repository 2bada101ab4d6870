"""Rates of parcels by province and weight (F12)."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import regions
from catalog.forms import YuanField
from core import actors, clock
from core.formats import yuan_sum
from core.staff import StaffAdmin
from orders.models import ShippingRate
from orders.shipping.services import shipping_rates


class ShippingRateForm(forms.ModelForm):
    provinces = forms.MultipleChoiceField(
        required=False,
        label=_("Provinces"),
        help_text=_("None chosen: everywhere that no other rate names."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    first_fen = YuanField(label=_("Fee for the first weight (yuan)"))
    further_fen = YuanField(label=_("Fee for each further weight (yuan)"))
    free_from_fen = YuanField(label=_("Free from goods worth (yuan)"), help_text=_("Points count by their value."))

    class Meta:
        model = ShippingRate
        fields = [
            "name",
            "name_en",
            "provinces",
            "first_g",
            "first_fen",
            "further_g",
            "further_fen",
            "free_from_fen",
            "is_active",
            "position",
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "provinces" in self.fields:
            self.fields["provinces"].choices = [(place.code[:2], place.name) for place in regions.provinces()]

    def clean_first_fen(self):
        return self.cleaned_data["first_fen"] or 0

    def clean_further_fen(self):
        return self.cleaned_data["further_fen"] or 0


@admin.register(ShippingRate)
class ShippingRateAdmin(StaffAdmin):
    form = ShippingRateForm
    list_display = ["name", "where", "first", "further", "free_from", "is_active", "position"]
    fieldsets = [
        (None, {"fields": [("name", "name_en"), "provinces"]}),
        (_("Fee"), {"fields": [("first_g", "first_fen"), ("further_g", "further_fen"), "free_from_fen"]}),
        (None, {"fields": [("is_active", "position")]}),
    ]

    def has_delete_permission(self, request, obj=None):
        """Take it out of use instead."""
        return False

    def save_model(self, request, obj, form, change):
        by = actors.staff(request.user.pk)
        shipping_rates.save_rate(rate=obj, by=by, at=clock.now(), changed=form.changed_data)

    @display(description=_("provinces"))
    def where(self, rate):
        names = {place.code[:2]: place.name for place in regions.provinces()}
        return "、".join(names.get(code, code) for code in rate.provinces) or _("everywhere else")

    @display(description=_("first weight"))
    def first(self, rate):
        return f"{rate.first_g} g · {yuan_sum(rate.first_fen)}"

    @display(description=_("each further"))
    def further(self, rate):
        return f"{rate.further_g} g · {yuan_sum(rate.further_fen)}"

    @display(description=_("free from"))
    def free_from(self, rate):
        return "-" if rate.free_from_fen is None else yuan_sum(rate.free_from_fen)
