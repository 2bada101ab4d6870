"""Staff read the audit trail and the outbox, which nobody writes by hand, set the parameters (C5), and decide on what
needs a second person (B11)."""

from decimal import Decimal

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from core import actors, approvals, clock, outbox, parameters
from core.formats import shop_time
from core.forms import DecimalField, IntegerField
from core.models import Approval, AuditEvent, OutboxMessage, ParameterValue
from core.staff import LookOnlyAdmin, waits

TONES = {
    Approval.State.DONE: "default",
    Approval.State.PENDING: "warning",
    Approval.State.APPROVED: "success",
    Approval.State.REFUSED: "danger",
}


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


class AnswerForm(forms.Form):
    """A second person approves; a note is optional."""

    answer = forms.CharField(
        max_length=200,
        required=False,
        label=_("Note"),
        help_text=_("The colleague who asked reads it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class RefuseForm(forms.Form):
    """A second person refuses and says why."""

    answer = forms.CharField(
        max_length=200,
        label=_("Why not"),
        help_text=_("The colleague who asked reads it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


@admin.register(Approval)
class ApprovalAdmin(LookOnlyAdmin):
    """Requests that need or needed a second person. Visible to those who may decide on the kind, and to the
    requester."""

    list_display = ["at", "kind_label", "amount_label", "reason", "by", "state_label", "decided_by"]
    list_filter = ["state"]
    list_filter_sheet = False
    ordering = ["-pk"]
    fields = [
        ("kind_label", "amount_label"),
        ("by", "at"),
        "reason",
        "does",
        "state",
        ("decided_by", "decided_at"),
        "answer",
    ]
    readonly_fields = ["kind_label", "amount_label", "does"]
    actions_detail = ["approve", "refuse"]

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if super().has_view_permission(request):
            return rows
        own = actors.staff(request.user.pk)
        return rows.filter(Q(kind__in=_kinds_of(request)) | Q(by=own))

    def has_view_permission(self, request, obj=None):
        """All staff may see their own requests."""
        return request.user.is_active and request.user.is_staff

    def has_module_permission(self, request):
        return super().has_view_permission(request) or bool(_kinds_of(request))

    def has_decide_permission(self, request, object_id=None):
        """For a waiting request: those who may decide on its kind and had no part in it."""
        kinds = _kinds_of(request)
        if object_id is None:
            return bool(kinds)
        row = self.get_object(request, object_id)
        own = actors.staff(request.user.pk)
        return row is not None and row.waits and row.kind in kinds and own not in [row.by, *row.owners]

    @action(description=_("Approve"), url_path="approve", permissions=["decide"], icon="check", variant="primary")
    def approve(self, request, object_id):
        """A second person approves, and the act is done."""

        def act(row, data):
            approvals.approve(approval=row, by=actors.staff(request.user.pk), at=clock.now(), **data)
            return _("Approved. It is done.")

        return self.act_on(request, object_id, AnswerForm, act, title=_("Approve the request"), label=_("Approve"))

    @action(description=_("Refuse"), url_path="refuse", permissions=["decide"], icon="block", variant="danger")
    def refuse(self, request, object_id):
        """A second person refuses."""

        def act(row, data):
            approvals.refuse(approval=row, by=actors.staff(request.user.pk), at=clock.now(), **data)
            return _("Refused. Nothing was changed.")

        return self.act_on(
            request, object_id, RefuseForm, act, title=_("Refuse the request"), label=_("Refuse"), tone="danger"
        )

    def facts(self, row):
        kind = approvals.kinds()[row.kind]
        asked = f"{actors.label(row.by)}, {shop_time(row.at)}"
        return [(_("Request"), kind.label), (_("Requested by"), asked), (_("Why"), row.reason or "—"), *_facts(row)]

    @display(description=_("Request"), ordering="kind")
    def kind_label(self, row):
        return approvals.kinds()[row.kind].label

    @display(description=_("amount"), ordering="amount")
    def amount_label(self, row):
        return approvals.kinds()[row.kind].amount(row.amount) or "—"

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, row):
        return row.state, row.get_state_display()

    @display(description=_("what it does"))
    def does(self, row):
        return format_html_join("", "<div>{}: {}</div>", _facts(row))


def _facts(row):
    return approvals.kinds()[row.kind].facts(row, clock.now())


def _kinds_of(request):
    """Names of the kinds that this user may decide on."""
    return [name for name, kind in approvals.kinds().items() if request.user.has_perm(kind.permission)]


def parameter_field(parameter, **options):
    """A form field for a ``core.parameters.Parameter``, with its type, range, label and help."""
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
        if parameter.needs_second:
            self.fields["reason"] = forms.CharField(
                max_length=200,
                label=_("Why"),
                help_text=_("The person who approves reads it."),
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            )


@admin.register(ParameterValue)
class ParameterAdmin(LookOnlyAdmin):
    """All declared parameters on one page, set or not."""

    def get_urls(self):
        return [
            path("", self.admin_site.admin_view(self.all_parameters), name="core_parametervalue_changelist"),
            path("<slug:app>.<slug:word>/", self.admin_site.admin_view(self.edit), name="core_parametervalue_set"),
        ]

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("core.change_parametervalue")

    def all_parameters(self, request):
        """Current value, default, who set it and when."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = {row.name: row for row in ParameterValue.objects.all()}
        pending = Approval.objects.filter(kind=parameters.KIND, state=Approval.State.PENDING)
        waiting = dict(pending.values_list("subject", "pk"))
        groups = {}
        for parameter in parameters.declared().values():
            line = parameter, rows.get(parameter.name), waiting.get(parameters.subject_of(parameter))
            groups.setdefault(parameter.group, []).append(line)
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
            by, at = actors.staff(request.user.pk), clock.now()
            if approval := parameters.change(parameter, data.pop("value"), by=by, at=at, **data):
                return waits(approval)
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
