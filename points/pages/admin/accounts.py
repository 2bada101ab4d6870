"""Staff look at accounts, and change nothing here: points move by the ledger alone."""

from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from core import clock, staff_tables
from core.formats import grouped, shop_day
from core.staff import LookOnlyAdmin
from points.ledger import queries
from points.ledger.admin import tables as ledger_tables
from points.ledger.models import PointsAccount
from points.pages import books
from points.pages.forms import EntriesForm
from points.tiers import queries as tier_queries

LATEST = 20


@admin.register(PointsAccount)
class PointsAccountAdmin(LookOnlyAdmin):
    """Accounts by member; the page of one shows its balance, open lots, holds and latest entries (B2, B6)."""

    list_display = ["member", "unspent", "held", "debt", "lifetime_earned", "opened_at"]
    list_select_related = ["member"]
    search_fields = ["member__phone", "member__username", "member__email"]
    search_help_text = _("Phone, username or e-mail")
    ordering = ["-pk"]
    fields = ["member", "lifetime_earned", "debt", "opened_at"]
    readonly_fields = fields
    change_form_template = "points/admin/account.html"
    actions_detail = ["adjust"]

    def has_adjust_permission(self, request, object_id=None):
        return request.user.has_perm("points.adjust_points")

    @action(description=_("Adjust points"), url_path="adjust", permissions=["adjust"], icon="tune", variant="primary")
    def adjust(self, request, object_id):
        """To the form that gives and takes points."""
        return redirect(f"{reverse('admin:points_adjustment_add')}?{urlencode({'member': object_id})}")

    def get_urls(self):
        def guarded(view):
            return self.admin_site.admin_view(view)

        return [
            path("<int:pk>/entries/", guarded(self.entries), name="points_pointsaccount_entries"),
            path("<int:pk>/lots/", guarded(self.lots), name="points_pointsaccount_lots"),
            path("<int:pk>/holds/", guarded(self.holds), name="points_pointsaccount_holds"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        account = self.get_object(request, object_id)
        context = {} if account is None else {"tables": _latest(account, at=clock.now())}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def entries(self, request, pk):
        """All entries of an account, by kind and month, page after page."""
        form = EntriesForm(request.GET)
        form.is_valid()
        chosen = {name: form.cleaned_data.get(name) or None for name in ("kind", "month", "before")}
        page = queries.history(pk, **chosen, limit=books.PAGE)
        return self._book(request, pk, ledger_tables.of_entries(None, page.entries), page.before, _("Entries"), form)

    def lots(self, request, pk):
        """All lots of an account, also the used ones."""
        rows, before = books.page_of(books.lots_of(pk), before=_before(request))
        return self._book(request, pk, ledger_tables.of_lots(None, rows), before, _("Lots"))

    def holds(self, request, pk):
        """All holds of an account, also the settled ones."""
        rows, before = books.page_of(books.holds_of(pk), before=_before(request))
        return self._book(request, pk, ledger_tables.of_holds(None, rows), before, _("Holds"))

    def _book(self, request, pk, table, before, title, form=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        account = self.get_object(request, str(pk))
        if account is None:
            raise Http404
        older = request.GET.copy()
        older["before"] = before
        return self.page(
            request,
            "points/admin/book.html",
            title=_("%(title)s of %(member)s") % {"title": title, "member": account.member},
            table=table,
            form=form,
            older=f"?{older.urlencode()}" if before else None,
            is_first="before" not in request.GET,
            account_url=reverse("admin:points_pointsaccount_change", args=[pk]),
        )


def _before(request):
    form = EntriesForm(request.GET)
    form.is_valid()
    return form.cleaned_data.get("before")


def _latest(account, *, at):
    balance = queries.balance(account.pk, at=at)
    then = [
        _("available"), _("pending"), _("held"), _("owed"), _("ends next"), _("on")
    ]  # fmt: skip
    now = [balance.available, balance.pending, balance.held, balance.debt, balance.expiring_points]
    return [
        staff_tables.table(_("Balance"), then, [[*map(grouped, now), staff_tables.when(balance.expires_at)]]),
        _tier(account, at),
        ledger_tables.of_lots(_("Open lots"), queries.open_lots(account.pk, limit=LATEST), url=_url("lots", account)),
        ledger_tables.of_holds(_("Holds"), queries.latest_holds(account.pk, limit=LATEST), url=_url("holds", account)),
        ledger_tables.of_entries(
            _("Latest entries"), queries.history(account.pk, limit=LATEST).entries, url=_url("entries", account)
        ),
    ]


def _tier(account, at):
    standing = tier_queries.standing(account.pk, at=at)
    headers = [_("tier"), _("points in the window"), _("at least until"), _("pinned")]
    row = [
        standing.tier.title,
        grouped(standing.points),
        shop_day(standing.safe_until) or "—",
        _("yes") if standing.is_pinned else _("no"),
    ]
    return staff_tables.table(_("Tier"), headers, [row])


def _url(book, account):
    return reverse(f"admin:points_pointsaccount_{book}", args=[account.pk])
