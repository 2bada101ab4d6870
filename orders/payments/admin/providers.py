"""How tables of staff show the payment providers: by the names that members read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from orders import payments

KINDS = {
    "native": _("Code to scan"),
    "h5": _("Page on a phone"),
    "jsapi": _("Inside WeChat"),
    "page": _("Page on a desktop"),
    "wap": _("Page on a phone"),
    "card": _("Card page"),
    "sandbox": _("Sandbox payment"),
}


def kind(code):
    """How a payment is taken, in words."""
    return KINDS.get(code, code)


class ProviderFilter(admin.SimpleListFilter):
    """By provider; the choices are known, so that no table is read for them. ``field`` is where the code stands."""

    title = _("provider")
    parameter_name = "provider"
    field = "provider"

    def lookups(self, request, model_admin):
        return [(code, known.label) for code, known in payments.KNOWN.items()]

    def queryset(self, request, queryset):
        return queryset.filter(**{self.field: self.value()}) if self.value() in payments.KNOWN else queryset


class StatementProviderFilter(ProviderFilter):
    field = "statement__provider"
