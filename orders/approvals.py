"""Acts of orders that need a second person: the kinds (``core.approvals``), what each does and shows to the person who
decides."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core import approvals
from core.formats import grouped, price_text, yuan_sum
from orders.after_sale.services.by_hand import PAID_BACK, run_paid_back
from orders.coupons import rules
from orders.coupons.services.by_hand import GIFT, run_gift
from orders.models import AfterSale, CouponType, Payment
from orders.parameters import BY_HAND_APPROVAL_YUAN
from orders.payments.services.by_hand import ACCEPTED, GIVEN_BACK, MARKED, SETTLED, run_payment

MONEY = {
    "unit": "fen",
    "limit": lambda: BY_HAND_APPROVAL_YUAN.value * 100,
    "amount": yuan_sum,
    "permission": "orders.approve_by_hand",
}


def _link(model, row):
    url = reverse(f"admin:orders_{model}_change", args=[row.pk])
    return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, row)


def _facts_of_payment(approval, at):
    payment = Payment.objects.select_related("order__member").get(pk=approval.data["payment"])
    return [
        (_("payment"), _link("payment", payment)),
        (_("order"), _link("order", payment.order)),
        (_("Member"), payment.order.member),
        (_("amount"), yuan_sum(payment.amount_fen)),
        (_("arrived"), yuan_sum(payment.arrived_fen)),
        (_("given back"), yuan_sum(payment.returned_fen)),
    ]


def _facts_of_request(approval, at):
    case = AfterSale.objects.select_related("order__member").get(pk=approval.data["request"])
    amounts = dict(approval.data["amounts"])
    titles = dict(case.order.items.values_list("pk", "product_name"))
    return [
        (_("request"), _link("aftersale", case)),
        (_("order"), _link("order", case.order)),
        (_("Member"), case.order.member),
        *((titles[item], price_text(points, fen)) for item, (points, fen) in amounts.items()),
        (_("Shipping"), yuan_sum(approval.data.get("shipping_fen", 0))),
    ]


def _facts_of_gift(approval, at):
    coupon_type = CouponType.objects.get(pk=approval.data["type"])
    return [
        (_("coupon"), _link("coupontype", coupon_type)),
        (_("gives"), rules.terms(coupon_type)),
        (_("Members"), grouped(len(approval.shares))),
        (_("Counts for one"), yuan_sum(approval.data["worth"])),
    ]


for name, label, run, facts in (
    (SETTLED, _("Refund settled by hand"), run_payment, _facts_of_payment),
    (ACCEPTED, _("Payment accepted though less arrived"), run_payment, _facts_of_payment),
    (MARKED, _("Payment marked as paid"), run_payment, _facts_of_payment),
    (GIVEN_BACK, _("Refund by hand"), run_payment, _facts_of_payment),
    (PAID_BACK, _("After-sale pays back"), run_paid_back, _facts_of_request),
    (GIFT, _("Coupons given away"), run_gift, _facts_of_gift),
):
    approvals.register(approvals.Kind(name=name, label=label, run=run, facts=facts, **MONEY))
