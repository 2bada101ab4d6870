"""What the mall's books say about its orders, for a test to compare with what the provider's say."""

from collections import Counter
from dataclasses import asdict

from django.db.models import Sum

from catalog.models import SKU
from catalog.queries import stock_breaks
from core.models import OutboxMessage
from orders.models import AfterSaleItem, Order, Payment, PaymentNotification
from points.ledger import audit
from points.ledger.models import PointsEntry, PointsHold
from points.purchases.models import Purchase, PurchaseRefund


def read():
    """All of it as JSON can hold it. Sums are by order number or by SKU's code."""
    orders = Order.objects.annotate(pieces=Sum("items__quantity"))
    entries = PointsEntry.objects.filter(source__startswith="order:", kind__in=["redeem", "refund"])
    entries = entries.values_list("source").annotate(sum=Sum("points"))
    items = Order.objects.exclude(state="cancelled").values_list("items__sku__code")
    back = AfterSaleItem.objects.filter(after_sale__state="settled", after_sale__stock_back="sellable")
    return {
        "orders": {
            row.number: {
                "form_key": str(row.form_key),
                "state": row.state,
                "points": row.points,
                "fen": row.cash_fen,
                "goods_fen": row.cash_fen - row.shipping_fen,
                "points_back": sum(each.points for each in row.after_sales.filter(state="settled")),
                "fen_back": sum(each.fen for each in row.after_sales.filter(state="settled")),
                "goods_fen_back": sum(each.fen - each.shipping_fen for each in row.after_sales.filter(state="settled")),
            }
            for row in orders
        },
        "payments": {
            row.reference: {
                "order": row.order.number,
                "state": row.state,
                "fen": row.amount_fen,
                "next_ask": row.next_ask_at is not None,
                "refunds": {refund.reference: [refund.amount_fen, refund.state] for refund in row.refunds.all()},
                "returned_fen": row.returned_fen,
            }
            for row in Payment.objects.select_related("order").prefetch_related("refunds")
        },
        "most_orders_of_a_form": max(Counter(Order.objects.values_list("form_key", flat=True)).values()),
        "notifications_waiting": PaymentNotification.objects.filter(state="received").count(),
        "outbox": list(OutboxMessage.objects.filter(handled_at=None).values("topic", "key", "tries", "last_error")),
        "points_of_orders": {source.removeprefix("order:"): points for source, points in entries},
        "holds_open": PointsHold.objects.filter(state="open").count(),
        "earned": {
            row.number: [row.amount_fen, row.refunded_fen, row.points, row.points_back]
            for row in Purchase.objects.filter(source="mall")
        },
        "points_by_kind": dict(PointsEntry.objects.values_list("kind").annotate(sum=Sum("points"))),
        "taken_back": PurchaseRefund.objects.aggregate(sum=Sum("taken_points") + Sum("owed_points"))["sum"] or 0,
        "audit": [asdict(found) for found in audit.run().breaks],
        "stock": dict(SKU.objects.values_list("code", "stock")),
        "stock_breaks": stock_breaks(),
        "sold": dict(items.annotate(sum=Sum("items__quantity"))),
        "back_on_shelf": dict(back.values_list("item__sku__code").annotate(sum=Sum("quantity"))),
    }
