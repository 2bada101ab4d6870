"""Points to many members from a file: upload, check, grant, report (B11)."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core import actors, clock
from core import staff_tables as tables
from core.errors import DomainError
from core.formats import grouped
from core.staff import LookOnlyAdmin
from core.tables import download
from points.grants import tasks
from points.grants.forms import GrantForm
from points.grants.models import BulkGrant
from points.grants.services import grant_file, granting

State = BulkGrant.State
TONES = {
    State.CHECKING: "info",
    State.CHECKED: "primary",
    State.PENDING: "warning",
    State.RUNNING: "info",
    State.DONE: "success",
    State.REFUSED: "danger",
    State.BROKEN: "danger",
}
MOVING = {State.CHECKING, State.RUNNING}
SHOWN = 50


@admin.register(BulkGrant)
class BulkGrantAdmin(LookOnlyAdmin):
    list_display = [
        "name",
        "state_label",
        "points_total",
        "good_lines",
        "refused_lines",
        "requested_by",
        "requested_at",
    ]
    list_filter = ["state"]
    list_filter_sheet = False
    ordering = ["-requested_at"]

    def get_queryset(self, request):
        """Without the files themselves and their long reports."""
        return super().get_queryset(request).defer("content", "lines", "refused")

    # Who may what

    def has_view_permission(self, request, obj=None):
        may = ("view_bulkgrant", "adjust_points", "approve_adjustment")
        return any(request.user.has_perm(f"points.{name}") for name in may)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return request.user.has_perm("points.adjust_points")

    # The list

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, grant):
        return grant.state, grant.get_state_display()

    @display(description=_("points in all"), ordering="total_points")
    def points_total(self, grant):
        return grouped(grant.total_points)

    # Upload, page of one, report

    def get_urls(self):
        report = self.admin_site.admin_view(self.report)
        return [path("<int:pk>/report.csv", report, name="points_bulkgrant_report"), *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied

        def act(data):
            grant = granting.take_in(
                name=data["file"].name,
                content=data["file"].read(),
                reason=data["reason"],
                skip_refused=data["skip_refused"],
                by=actors.staff(request.user.pk),
                at=clock.now(),
            )
            tasks.check_grant.delay_on_commit(grant.pk)
            return self._page_of(grant), _("The file is here. Nothing is granted until you say so.")

        return self.act_page(
            request,
            GrantForm(request.POST or None, request.FILES or None),
            act,
            title=_("Grant points from a file"),
            label=_("Check the file"),
            back_url=reverse("admin:points_bulkgrant_changelist"),
        )

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """How far a file is, and the next step: start, or go on. A second person decides among the approvals."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        grant = get_object_or_404(BulkGrant.objects.defer("content", "lines"), pk=object_id)
        acts = self._acts(request, grant)
        if request.method == "POST":
            self._act(request, grant, request.POST.get("act"), acts)
            return redirect(self._page_of(grant))
        refused = [[line[0], *line[1:]] for line in grant.refused[:SHOWN]]
        headers = [_("line"), _("member"), _("points"), _("reason"), _("key of the line"), _("problem")]
        return self.page(
            request,
            "points/admin/grant.html",
            title=grant.name,
            grant=grant,
            facts=self._facts(grant),
            acts=[(name, label) for name, (label, _allowed) in acts.items()],
            is_moving=grant.state in MOVING,
            blocked=grant.state == State.CHECKED and grant.refused_lines and not grant.skip_refused,
            refused=tables.table(_("Refused lines"), headers, refused) if refused else None,
            more=grant.refused_lines - len(refused),
            report_url=reverse("admin:points_bulkgrant_report", args=[grant.pk]),
            back_url=reverse("admin:points_bulkgrant_changelist"),
        )

    def report(self, request, pk):
        """The refused lines as a CSV file that can be corrected and given again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        grant = get_object_or_404(BulkGrant.objects.defer("content", "lines"), pk=pk)
        headings = grant_file.COLUMNS.headings(*grant_file.REPORT)
        return download(f"refused-{grant.pk}", headings, grant.refused, as_typed=True)

    def _acts(self, request, grant):
        """What this person may do now: ``{name: (label, service)}``."""
        is_own = grant.requested_by == actors.staff(request.user.pk)
        is_whole = grant.skip_refused or not grant.refused_lines
        if grant.state == State.CHECKED and is_own and is_whole and request.user.has_perm("points.adjust_points"):
            return {"start": (_("Grant the points"), granting.start)}
        return {}

    def _act(self, request, grant, name, acts):
        """One service call; then the work goes on in the background."""
        if name == "resume" and grant.state in MOVING and self.has_add_permission(request):
            self._go_on(grant)
            return
        if name not in acts:
            messages.error(request, _("That cannot be done here, or not any more."))
            return
        _label, service = acts[name]
        try:
            grant = service(grant=grant, by=actors.staff(request.user.pk), at=clock.now())
        except DomainError as error:
            messages.error(request, str(error))
            return
        self._go_on(grant)
        told = {
            State.RUNNING: _("The points are on their way."),
            State.PENDING: _("This many points need a second person. The request waits."),
        }
        if grant.state in told:
            messages.success(request, told[grant.state])

    @staticmethod
    def _go_on(grant):
        task = {State.CHECKING: tasks.check_grant, State.RUNNING: tasks.run_grant}.get(grant.state)
        if task:
            task.delay_on_commit(grant.pk)

    @staticmethod
    def _facts(grant):
        facts = [
            (_("State"), grant.get_state_display()),
            (_("Reason"), grant.get_reason_display()),
            (_("Good lines"), grouped(grant.good_lines)),
            (_("Points in all"), grouped(grant.total_points)),
            (_("Refused lines"), grouped(grant.refused_lines)),
            (_("Granted"), grouped(grant.granted)),
            (_("Granted before"), grouped(grant.repeated)),
            (_("Requested by"), f"{actors.label(grant.requested_by)}, {tables.when(grant.requested_at)}"),
        ]
        if grant.approval and grant.approval.state != grant.approval.State.DONE:
            url = reverse("admin:core_approval_change", args=[grant.approval_id])
            link = format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, _("Look at the request"))
            facts.append((grant.approval.get_state_display(), link))
        if grant.finished_at:
            facts.append((_("Finished at"), tables.when(grant.finished_at)))
        return facts

    @staticmethod
    def _page_of(grant):
        return reverse("admin:points_bulkgrant_change", args=[grant.pk])
