"""Staff give and take points, and a second person decides on large requests (B11)."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core import actors, clock
from core.staff import LookOnlyAdmin
from core.templatetags.mall import signed
from points import queries
from points.admin import tables
from points.forms import AdjustForm, AgreeForm, RefuseForm
from points.models import Adjustment
from points.services import adjusting

TONES = {
    Adjustment.State.DONE: "success",
    Adjustment.State.PENDING: "warning",
    Adjustment.State.APPROVED: "success",
    Adjustment.State.REFUSED: "danger",
}


@admin.register(Adjustment)
class AdjustmentAdmin(LookOnlyAdmin):
    list_display = ["requested_at", "member", "signed_points", "reason", "state_label", "requested_by", "decided_by"]
    list_display_links = ["requested_at", "member"]
    list_filter = ["state", "reason"]
    list_select_related = ["member"]
    list_filter_sheet = False
    search_fields = ["member__phone", "member__username", "member__email"]
    search_help_text = _("Phone, username or e-mail")
    ordering = ["-pk"]
    fields = [
        ("member", "signed_points"),
        ("reason", "state"),
        "note",
        ("requested_by", "requested_at"),
        ("decided_by", "decided_at"),
        ("answer", "entry_seq"),
    ]
    readonly_fields = ["signed_points"]
    actions_detail = ["approve", "refuse"]

    # Who may what

    def has_view_permission(self, request, obj=None):
        may = ("view_adjustment", "adjust_points", "approve_adjustment")
        return any(request.user.has_perm(f"points.{name}") for name in may)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return request.user.has_perm("points.adjust_points")

    def has_decide_permission(self, request, object_id=None):
        """Those who may approve, on a request that waits and is not their own."""
        if not request.user.has_perm("points.approve_adjustment"):
            return False
        if object_id is None:
            return True
        own = actors.staff(request.user.pk)
        return (
            Adjustment.objects.filter(pk=object_id, state=Adjustment.State.PENDING).exclude(requested_by=own).exists()
        )

    # The list and the page of one

    @display(description=_("points"), ordering="points")
    def signed_points(self, adjustment):
        return signed(adjustment.points)

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, adjustment):
        return adjustment.state, adjustment.get_state_display()

    # Acts

    def add_view(self, request, form_url="", extra_context=None):
        """Ask for points; below the threshold that is all."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = AdjustForm(
            request.POST or None,
            initial={"form_key": AdjustForm.new_key(), "member": request.GET.get("member", "")},
        )
        return self.act_page(
            request,
            form,
            lambda data: self._request(request, data),
            title=_("Adjust points"),
            label=_("Adjust points"),
            back_url=reverse("admin:points_adjustment_changelist"),
        )

    def _request(self, request, data):
        adjustment = adjusting.request_adjustment(**data, by=actors.staff(request.user.pk), at=clock.now())
        if adjustment.state == Adjustment.State.PENDING:
            return self._page_of(adjustment), _("This many points need a second person. The request waits.")
        url = self._page_of(adjustment)
        if request.user.has_perm("points.view_pointsaccount"):
            url = reverse("admin:points_pointsaccount_change", args=[adjustment.member_id])
        return url, _("Done: %(points)s points.") % {"points": signed(adjustment.points)}

    @action(description=_("Approve"), url_path="approve", permissions=["decide"], icon="check", variant="primary")
    def approve(self, request, object_id):
        """A second person agrees."""

        def act(data):
            adjustment = adjusting.approve(
                adjustment=Adjustment(pk=object_id), by=actors.staff(request.user.pk), at=clock.now()
            )
            return self._page_of(adjustment), _("Approved: %(points)s points.") % {"points": signed(adjustment.points)}

        return self._decide(request, object_id, AgreeForm, act, _("Approve the request"), _("Approve"), "primary")

    @action(description=_("Refuse"), url_path="refuse", permissions=["decide"], icon="block", variant="danger")
    def refuse(self, request, object_id):
        """A second person says no."""

        def act(data):
            adjustment = adjusting.refuse(
                adjustment=Adjustment(pk=object_id), by=actors.staff(request.user.pk), at=clock.now(), **data
            )
            return self._page_of(adjustment), _("Refused. No points were moved.")

        return self._decide(request, object_id, RefuseForm, act, _("Refuse the request"), _("Refuse"), "danger")

    def _decide(self, request, object_id, form_class, act, title, label, tone):
        adjustment = self.get_object(request, object_id)
        if adjustment is None:
            raise Http404
        if adjustment.state != Adjustment.State.PENDING and request.method != "POST":
            return redirect(self._page_of(adjustment))
        return self.act_page(
            request,
            form_class(request.POST if request.method == "POST" else None),
            act,
            title=title,
            label=label,
            back_url=self._page_of(adjustment),
            facts=_facts(adjustment),
            tone=tone,
        )

    @staticmethod
    def _page_of(adjustment):
        return reverse("admin:points_adjustment_change", args=[adjustment.pk])


def _facts(adjustment):
    balance = queries.balance(adjustment.member_id, at=clock.now())
    return [
        (_("Member"), adjustment.member),
        (_("Points"), signed(adjustment.points)),
        (_("Available now"), f"{balance.available:,}"),
        (_("Reason"), adjustment.get_reason_display()),
        (_("Note"), adjustment.note or "—"),
        (_("Requested by"), f"{adjustment.requested_by}, {tables.when(adjustment.requested_at)}"),
    ]
