"""The staff's first page: waiting work first, then statistics."""

from datetime import timedelta

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts.queries import codes_stopped_at
from catalog.models import SKU
from core import clock
from core.formats import price_text, yuan_sum
from orders.models import Order, OrderState
from orders.payments.queries.books import cash_in, placed
from points.earning import wording
from points.earning.queries import alerts
from points.pages import books

ROWS = 8
ALERTS = 3
DAYS = 7
ALERT_LASTS = timedelta(days=1)


def work_to_do(request, context):
    """Fill the staff's first page; each part is shown only to those who may see its rows."""
    now = clock.now()
    context["title"] = _("Work to do")
    if request.user.has_perm("points.view_auditrun"):
        context |= _seal(now)
    context["alerts"] = _alerts(request.user, now)
    context["figures"] = _figures(request.user, now)
    if request.user.has_perm("orders.view_order"):
        context |= {"order_counts": _order_counts(), "to_ship": _to_ship(now)}
    if request.user.has_perm("catalog.view_sku"):
        context |= {"short": _short()}
    return context


def _seal(now):
    """The result of the last audit of the ledger (B12)."""
    run = books.latest_run()
    return {
        "has_seal": True,
        "run": run,
        "is_stale": run is not None and books.is_stale(run, at=now),
        "report_url": reverse("admin:points_ledger_overview"),
    }


def _alerts(staff, now):
    """Reports that need attention: when, what, and where."""
    rows = []
    if staff.has_perm("points.view_rulealert"):
        url = f"{reverse('admin:points_rulealert_changelist')}?closed_at__isempty=1"
        found = alerts.open_alerts(limit=ALERTS)
        rows += [{"at": alert.opened_at, "text": wording.alert(alert), "url": url} for alert in found]
    if staff.has_perm("core.view_parametervalue") and (at := codes_stopped_at(since=now - ALERT_LASTS)):
        text = _("So many codes were asked for that the mall stopped sending them. Was it a rush, or an attack?")
        rows.append({"at": at, "text": text, "url": reverse("admin:core_parametervalue_changelist")})
    return rows


def _figures(staff, now):
    """Booked money and points of today, and of the last days including today."""
    today, week = clock.day_end(now, -1), clock.day_end(now, -DAYS)
    figures = []
    if staff.has_perm("orders.view_order"):
        figures.append((_("Orders today"), placed(since=today), placed(since=week)))
    if staff.has_perm("orders.view_payment"):
        figures.append((_("Cash in today"), yuan_sum(cash_in(since=today)), yuan_sum(cash_in(since=week))))
    if staff.has_perm("points.view_pointsaccount"):
        (earned, redeemed), (earned_before, redeemed_before) = books.moved(since=today), books.moved(since=week)
        figures.append((_("Points redeemed today"), f"{redeemed:,}", f"{redeemed_before:,}"))
        figures.append((_("Points earned today"), f"{earned:,}", f"{earned_before:,}"))
    return [{"label": label, "today": of_today, "week": of_week} for label, of_today, of_week in figures]


def _order_counts():
    by_state = dict(Order.objects.order_by().values_list("state").annotate(Count("pk")))
    changelist = reverse("admin:orders_order_changelist")
    return [
        {"label": OrderState(state).label, "count": by_state.get(state, 0), "url": f"{changelist}?state__exact={state}"}
        for state in (OrderState.TO_SHIP, OrderState.PENDING_PAYMENT, OrderState.SHIPPED, OrderState.COMPLETED)
    ]


def _to_ship(now):
    """The orders that have waited longest for shipping, as a table of unfold."""
    waiting = Order.objects.filter(state=OrderState.TO_SHIP).prefetch_related("items")
    rows = [
        [
            format_html(
                '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
                reverse("admin:orders_order_change", args=[order.pk]),
                order.number,
            ),
            _("%(name)s and %(more)d more") % {"name": items[0].product_name, "more": len(items) - 1}
            if len(items) > 1
            else items[0].product_name,
            price_text(order.points, order.cash_fen),
            timesince(order.paid_at or order.placed_at, now, depth=1),
        ]
        for order in waiting.order_by("paid_at")[:ROWS]
        if (items := list(order.items.all()))
    ]
    return {
        "count": waiting.count(),
        "table": {"headers": [_("Order"), _("Goods"), _("Paid"), _("Waiting for")], "rows": rows},
    }


def _short():
    """The SKUs of listed products at or below their threshold, lowest stock first, as a table of unfold."""
    short = SKU.objects.filter(Q(product__is_listed=True) & Q(stock__lte=F("low_stock_at"))).select_related("product")
    rows = [
        [
            format_html(
                '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
                reverse("admin:catalog_product_change", args=[sku.product_id]),
                f"{sku.product.title} · {sku.label}" if sku.label else sku.product.title,
            ),
            sku.stock,
            sku.low_stock_at,
        ]
        for sku in short.order_by("stock", "pk")[:ROWS]
    ]
    return {"count": short.count(), "table": {"headers": [_("Goods"), _("In stock"), _("Threshold")], "rows": rows}}
