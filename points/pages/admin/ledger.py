"""The ledger as a whole: what members hold, what it is worth, and whether the books add up (B12)."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core import actors, clock
from core import staff_tables as tables
from core.formats import grouped, yuan_sum
from core.staff import LookOnlyAdmin
from points.ledger import tasks
from points.ledger.models import AuditRun
from points.pages import books

RUNS = 14


@admin.register(AuditRun)
class AuditRunAdmin(LookOnlyAdmin):
    list_display = ["at", "accounts", "entries", "break_count", "seconds", "by"]
    ordering = ["-at"]
    fields = ["at", "by", "accounts", "entries", "break_count", "seconds"]
    readonly_fields = ["seconds"]
    change_form_template = "points/admin/account.html"

    def seconds(self, run):
        return f"{run.took_ms / 1000:.1f}"

    seconds.short_description = _("seconds")

    def get_urls(self):
        overview = self.admin_site.admin_view(self.overview)
        return [path("overview/", overview, name="points_ledger_overview"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self.get_object(request, object_id)
        context = {"tables": [_breaks(run)]} if run is not None and run.breaks else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def overview(self, request):
        """Sums over all accounts, the last audits, and what the newest one found. A post audits now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            tasks.audit_ledger.delay_on_commit()
            messages.success(request, _("The audit is running. Its result stands here when it is done."))
            return redirect(reverse("admin:points_ledger_overview"))
        at = clock.now()
        totals = books.totals(at=at)
        runs = actors.named(AuditRun.objects.order_by("-at", "-pk").defer("breaks")[:RUNS])
        newest = books.latest_run()
        return self.page(
            request,
            "points/admin/ledger.html",
            title=_("Ledger"),
            figures=[
                (_("Accounts"), grouped(totals.accounts)),
                (_("Available"), grouped(totals.available)),
                (_("Pending"), grouped(totals.pending)),
                (_("Held"), grouped(totals.held)),
                (_("Owed by members"), grouped(totals.debt)),
                (_("Liability"), yuan_sum(totals.liability_fen)),
            ],
            ended=totals.ended,
            newest=newest,
            is_stale=newest is not None and books.is_stale(newest, at=at),
            breaks=_breaks(newest) if newest is not None and newest.breaks else None,
            runs=tables.table(
                _("Latest audits"),
                [_("at"), _("accounts"), _("entries"), _("discrepancies"), _("seconds"), _("by")],
                [
                    (
                        _link(reverse("admin:points_auditrun_change", args=[run.pk]), tables.when(run.at)),
                        grouped(run.accounts),
                        grouped(run.entries),
                        grouped(run.break_count),
                        self.seconds(run),
                        run.who,
                    )
                    for run in runs
                ],
            ),
        )


def _breaks(run):
    """What an audit found, each with the way to its account."""
    return tables.table(
        _("Discrepancies"),
        [_("account"), _("kind"), _("detail")],
        [
            (
                _("whole ledger")
                if found["account"] is None
                else _link(reverse("admin:points_pointsaccount_change", args=[found["account"]]), found["account"]),
                found["kind"],
                found["detail"],
            )
            for found in run.breaks
        ],
    )


def _link(url, text):
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, text)
