"""Staff give and take points (B11); a second person decides on large requests among the approvals."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core import actors, clock
from core.formats import shop_time, signed
from core.models import Approval
from core.staff import LookOnlyAdmin
from points.grants.forms import AdjustForm
from points.grants.models import Adjustment
from points.grants.services import adjusting

State = Approval.State
TONES = {
    State.DONE: "success",
    State.PENDING: "warning",
    State.APPROVED: "success",
    State.REFUSED: "danger",
}


@admin.register(Adjustment)
class AdjustmentAdmin(LookOnlyAdmin):
    list_display = ["requested_at", "member", "signed_points", "reason", "state_label", "requested_by", "decided_by"]
    list_display_links = ["requested_at", "member"]
    list_filter = ["approval__state", "reason"]
    list_select_related = ["member", "approval"]
    list_filter_sheet = False
    search_fields = ["member__phone", "member__username", "member__email"]
    search_help_text = _("Phone, username or e-mail")
    ordering = ["-pk"]
    fields = [
        ("member", "signed_points"),
        ("reason", "state_now"),
        "note",
        ("requested_by", "requested_at"),
        ("decided_by", "request_page"),
        "entry_seq",
    ]
    readonly_fields = ["signed_points", "state_now", "requested_by", "requested_at", "decided_by", "request_page"]

    # Who may what

    def has_view_permission(self, request, obj=None):
        may = ("view_adjustment", "adjust_points", "approve_adjustment")
        return any(request.user.has_perm(f"points.{name}") for name in may)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return request.user.has_perm("points.adjust_points")

    # The list and the page of one

    @display(description=_("points"), ordering="points")
    def signed_points(self, adjustment):
        return signed(adjustment.points)

    @display(description=_("state"), ordering="approval__state", label=TONES)
    def state_label(self, adjustment):
        return adjustment.state, adjustment.approval.get_state_display()

    @display(description=_("state"))
    def state_now(self, adjustment):
        return adjustment.approval.get_state_display()

    @display(description=_("requested at"), ordering="approval__at")
    def requested_at(self, adjustment):
        return shop_time(adjustment.approval.at)

    @display(description=_("requested by"), ordering="approval__by")
    def requested_by(self, adjustment):
        return actors.label(adjustment.approval.by)

    @display(description=_("decided by"), ordering="approval__decided_by")
    def decided_by(self, adjustment):
        return actors.label(adjustment.approval.decided_by) or "—"

    @display(description=_("Request"))
    def request_page(self, adjustment):
        """Where a second person decides, and what they said."""
        url = reverse("admin:core_approval_change", args=[adjustment.approval_id])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, _("Look at the request"))

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
        url = reverse("admin:points_adjustment_change", args=[adjustment.pk])
        if adjustment.approval.waits:
            return url, _("This many points need a second person. The request waits.")
        if request.user.has_perm("points.view_pointsaccount"):
            url = reverse("admin:points_pointsaccount_change", args=[adjustment.member_id])
        return url, _("Done: %(points)s points.") % {"points": signed(adjustment.points)}
