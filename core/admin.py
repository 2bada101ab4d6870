"""Staff read the audit trail and the outbox, which nobody writes by hand, and set the parameters (C5)."""

from decimal import Decimal

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from core import actors, clock, outbox, parameters
from core.forms import DecimalField, IntegerField
from core.models import AuditEvent, OutboxMessage, ParameterValue
from core.staff import LookOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(LookOnlyAdmin):
    list_display = ["at", "by", "event", "subject"]
    # No filter by event: its choices would be collected from the whole trail for every page.
    search_fields = ["subject__exact", "by__exact", "event__exact"]
    search_help_text = _("the whole subject, actor or event, for example order:2026112000048, staff:3 or order.shipped")
    ordering = ["-at"]


@admin.register(OutboxMessage)
class OutboxMessageAdmin(LookOnlyAdmin):
    list_display = ["created_at", "topic", "key", "tries", "handled_at", "last_error"]
    list_filter = [("handled_at", admin.EmptyFieldListFilter)]
    search_fields = ["key__exact", "topic__exact"]
    search_help_text = _("the whole key or topic, for example member.signed_up")
    ordering = ["-pk"]
    actions = ["try_again"]

    @action(description=_("Try again now"), permissions=["retry"])
    def try_again(self, request, queryset):
        count = outbox.retry(queryset.values_list("pk", flat=True), by=actors.staff(request.user.pk), at=clock.now())
        messages.success(request, ngettext("%d message will be tried.", "%d messages will be tried.", count) % count)

    def has_retry_permission(self, request):
        return request.user.has_perm("core.retry_outboxmessage")


def parameter_field(parameter, **options):
    """A form field for a ``core.parameters.Parameter``: typed, in its range, with its words."""
    options |= {"label": parameter.label, "help_text": parameter.help}
    bounds = {"min_value": parameter.least, "max_value": parameter.most}
    match parameter.default:
        case bool():
            return forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget, **options)
        case _ if parameter.choices:
            return forms.TypedChoiceField(
                choices=parameter.choices, coerce=type(parameter.default), widget=UnfoldAdminSelectWidget, **options
            )
        case int():
            return IntegerField(widget=UnfoldAdminIntegerFieldWidget, **bounds, **options)
        case Decimal():
            return DecimalField(widget=UnfoldAdminDecimalFieldWidget, **bounds, **options)
        case _:
            return forms.CharField(required=False, widget=UnfoldAdminTextInputWidget, **options)


class ParameterForm(forms.Form):
    """One parameter."""

    def __init__(self, *args, parameter, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["value"] = parameter_field(parameter, initial=parameter.value)


@admin.register(ParameterValue)
class ParameterAdmin(LookOnlyAdmin):
    """All declared parameters on one page, whether somebody set them or not."""

    def get_urls(self):
        return [
            path("", self.admin_site.admin_view(self.all_parameters), name="core_parametervalue_changelist"),
            path("<slug:app>.<slug:word>/", self.admin_site.admin_view(self.edit), name="core_parametervalue_set"),
        ]

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("core.change_parametervalue")

    def all_parameters(self, request):
        """What counts now, what it was by default, who set it and when."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = {row.name: row for row in ParameterValue.objects.all()}
        groups = {}
        for parameter in parameters.declared().values():
            groups.setdefault(parameter.group, []).append((parameter, rows.get(parameter.name)))
        return self.page(
            request,
            "core/admin/parameters.html",
            title=_("Parameters"),
            groups=[(_app_name(group), lines) for group, lines in groups.items()],
            may_set=self.has_change_permission(request),
        )

    def edit(self, request, app, word):
        """Set one, or return it to its default."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        parameter = parameters.declared().get(f"{app}.{word}")
        if parameter is None:
            raise Http404
        back = reverse("admin:core_parametervalue_changelist")

        def act(data):
            value = None if data["value"] == parameter.default else data["value"]
            parameters.change(parameter, value, by=actors.staff(request.user.pk), at=clock.now())
            return back, _("Saved. It counts everywhere within a second.")

        facts = [(_("Default"), parameter.shown(parameter.default))]
        if parameter.least is not None and parameter.most is not None:
            facts.append((_("Possible"), f"{parameter.shown(parameter.least)} – {parameter.shown(parameter.most)}"))
        return self.act_page(
            request,
            ParameterForm(request.POST if request.method == "POST" else None, parameter=parameter),
            act,
            title=parameter.label,
            label=_("Save"),
            back_url=back,
            facts=facts,
        )


def _app_name(label):
    return apps.get_app_config(label).verbose_name
