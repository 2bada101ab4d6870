"""Carriers are plain data that staff keep."""

from django.contrib import admin

from core import actors, audit, clock
from core.staff import StaffAdmin
from orders.models import Carrier


@admin.register(Carrier)
class CarrierAdmin(StaffAdmin):
    list_display = ["name", "name_en", "code", "is_active", "position"]
    list_editable = ["position"]
    search_fields = ["name", "name_en", "code"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        event = "carrier.changed" if change else "carrier.created"
        by = actors.staff(request.user.pk)
        audit.record(event, by=by, subject=f"carrier:{obj.pk}", at=clock.now(), fields=form.changed_data)

    def has_delete_permission(self, request, obj=None):
        """Parcels refer to it; take it out of use instead."""
        return False
