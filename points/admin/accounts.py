"""Staff look, and change nothing: points move by the ledger alone."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core import clock
from points import queries
from points.models import PointsAccount

LATEST = 50


@admin.register(PointsAccount)
class PointsAccountAdmin(ModelAdmin):
    """Accounts by member; the page of one shows its balance, open lots, holds and latest entries (B2, B6)."""

    list_display = ["member", "unspent", "held", "debt", "lifetime_earned", "opened_at"]
    list_select_related = ["member"]
    search_fields = ["member__phone", "member__username", "member__email"]
    search_help_text = _("Phone, username or e-mail")
    ordering = ["-pk"]
    list_per_page = 50
    show_full_result_count = False
    fields = ["member", "lifetime_earned", "debt", "opened_at"]
    readonly_fields = fields
    change_form_template = "points/admin_account.html"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        account = self.get_object(request, object_id)
        context = {} if account is None else _books(account, at=clock.now())
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


def _books(account, *, at):
    balance = queries.balance(account.pk, at=at)
    return {
        "tables": [
            _table(
                _("Balance"),
                [_("available"), _("pending"), _("held"), _("owed"), _("ends next"), _("on")],
                [
                    (
                        balance.available,
                        balance.pending,
                        balance.held,
                        balance.debt,
                        balance.expiring_points,
                        _when(balance.expires_at),
                    )
                ],
            ),
            _table(
                _("Open lots"),
                [_("number"), _("remaining"), _("points"), _("active from"), _("ends at"), _("given back from lot")],
                [
                    (
                        lot.seq,
                        lot.remaining,
                        lot.points,
                        _when(lot.active_from),
                        _when(lot.expires_at),
                        lot.origin or "",
                    )
                    for lot in queries.open_lots(account.pk, limit=LATEST)
                ],
            ),
            _table(
                _("Holds"),
                [_("number"), _("points"), _("state"), _("source"), _("at"), _("to be settled by"), _("by")],
                [
                    (
                        hold.seq,
                        hold.points,
                        hold.get_state_display(),
                        hold.source,
                        _when(hold.at),
                        _when(hold.expires_at),
                        hold.by,
                    )
                    for hold in queries.latest_holds(account.pk, limit=LATEST)
                ],
            ),
            _table(
                _("Latest entries"),
                [_("number"), _("at"), _("kind"), _("points"), _("balance after"), _("source"), _("reason"), _("by")],
                [
                    (
                        entry.seq,
                        _when(entry.at),
                        entry.get_kind_display(),
                        f"{entry.points:+d}",
                        entry.balance_after,
                        entry.source,
                        entry.reason,
                        entry.by,
                    )
                    for entry in queries.history(account.pk, limit=LATEST).entries
                ],
            ),
        ]
    }


def _table(title, headers, rows):
    return {"title": title, "headers": headers, "rows": rows}


def _when(at):
    return "" if at is None else date_format(localtime(at), "Y-m-d H:i")
