"""The staff's after-sale requests: a queue, a page with all details, and each step as a separate act (F10)."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core import actors, clock
from core.formats import price_text, yuan_sum
from core.models import Approval
from core.staff import LookOnlyAdmin, LookOnlyInline, waits
from orders.after_sale import queries
from orders.after_sale import services as after_sale
from orders.after_sale.pictures import send_picture
from orders.after_sale.services.by_hand import pay_back
from orders.after_sale.staff_forms import AnswerForm, ApproveForm, ConfirmForm, ExchangeForm, SettleForm
from orders.after_sale.states import after_sale_allowed
from orders.lifecycle import keys
from orders.models import (
    AfterSale,
    AfterSaleItem,
    AfterSaleKind,
    AfterSaleMove,
    AfterSalePicture,
    AfterSaleState,
    PaymentRefund,
)
from orders.models.after_sale import OPEN

TONES = {
    AfterSaleState.REQUESTED: "warning",
    AfterSaleState.APPROVED: "info",
    AfterSaleState.RECEIVED: "warning",
    AfterSaleState.SETTLED: "success",
    AfterSaleState.EXCHANGED: "success",
    AfterSaleState.REFUSED: "danger",
    AfterSaleState.WITHDRAWN: "default",
}


_RETURN, _EXCHANGE, _REFUND = AfterSaleKind.RETURN, AfterSaleKind.EXCHANGE, AfterSaleKind.REFUND
NEXT = {  # what is usually done with a request of that kind in that state: name of the act, words
    (_RETURN, AfterSaleState.REQUESTED): ("approve", _("Approve")),
    (_RETURN, AfterSaleState.APPROVED): ("settle", _("Goods are back, pay back")),
    (_RETURN, AfterSaleState.RECEIVED): ("settle", _("Pay back")),
    (_EXCHANGE, AfterSaleState.REQUESTED): ("approve", _("Approve")),
    (_EXCHANGE, AfterSaleState.APPROVED): ("receive", _("Goods are back")),
    (_EXCHANGE, AfterSaleState.RECEIVED): ("exchange", _("Send a replacement")),
    (_REFUND, AfterSaleState.REQUESTED): ("settle", _("Pay back")),
}
BUTTON = '<a class="bg-primary-600 font-medium inline-block px-3 py-1 rounded-default text-white" href="{}">{}</a>'


class OpenFilter(admin.SimpleListFilter):
    title = _("work to do")
    parameter_name = "open"

    def lookups(self, request, model_admin):
        return [("yes", _("Open"))]

    def queryset(self, request, queryset):
        return queryset.filter(state__in=OPEN) if self.value() == "yes" else queryset


class ItemInline(LookOnlyInline):
    model = AfterSaleItem
    fields = ["item", "quantity", "paid", "back"]
    readonly_fields = ["paid", "back"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("item")

    @display(description=_("paid for all its pieces"))
    def paid(self, row):
        return price_text(row.item.paid.points, row.item.paid.fen)

    @display(description=_("came back"))
    def back(self, row):
        return price_text(row.points, row.fen) if row.points or row.fen else "-"


class MoveInline(LookOnlyInline):
    model = AfterSaleMove
    fields = ["at", "from_state", "to_state", "by", "reason"]


@admin.register(AfterSale)
class AfterSaleAdmin(LookOnlyAdmin):
    list_display = ["number", "who", "kind", "state_label", "reason", "pieces", "age", "next_step"]
    list_filter = [OpenFilter, "state", "kind", "reason"]
    list_filter_sheet = False
    list_select_related = ["order__member"]
    view_on_site = False  # that page is the member's own
    search_fields = ["number", "order__number", "order__member__phone", "sent_number"]
    search_help_text = _("Number of request or order, member's phone, tracking number of the goods sent back")
    inlines = [ItemInline, MoveInline]
    actions_detail = ["approve", "receive", "settle", "exchange", "refuse"]
    fieldsets = [
        (None, {"fields": [("number", "order_link"), ("state", "requested_at"), ("kind", "reason"), "text", "shown"]}),
        (_("On the way back"), {"fields": [("sent_with", "sent_number")]}),
        (
            _("Decision"),
            {"fields": ["answer", ("came_back", "shipping_back"), ("stock_back", "ended_at"), "cash_state"]},
        ),
    ]
    readonly_fields = ["order_link", "shown", "came_back", "shipping_back", "cash_state"]

    def get_queryset(self, request):
        """With the number of pieces, which the list shows."""
        return super().get_queryset(request).annotate(piece_count=Sum("items__quantity"))

    def get_urls(self):
        picture = self.admin_site.admin_view(self.picture)
        return [path("pictures/<int:pk>/", picture, name="orders_aftersale_picture"), *super().get_urls()]

    # Who may what

    def has_decide_permission(self, request, object_id=None):
        return self._may(request, object_id, "decide_aftersale", AfterSaleState.APPROVED)

    def has_refuse_permission(self, request, object_id=None):
        return self._may(request, object_id, "decide_aftersale", AfterSaleState.REFUSED)

    def has_receive_permission(self, request, object_id=None):
        return self._may(request, object_id, "receive_aftersale", AfterSaleState.RECEIVED)

    def has_settle_permission(self, request, object_id=None):
        """For a return on its way, too, where the same person may take goods in."""
        if self._may(request, object_id, "settle_aftersale", AfterSaleState.SETTLED):
            return True
        may_do_both = request.user.has_perms(["orders.settle_aftersale", "orders.receive_aftersale"])
        found = AfterSale.objects.filter(pk=object_id).only("kind", "state").first() if may_do_both else None
        return found is not None and found.takes_in

    def has_exchange_permission(self, request, object_id=None):
        return self._may(request, object_id, "settle_aftersale", AfterSaleState.EXCHANGED)

    @staticmethod
    def _may(request, object_id, permission, state):
        """The permission, and that the request may move to ``state``; without a request, somewhere one may."""
        if not request.user.has_perm(f"orders.{permission}"):
            return False
        if object_id is None:
            return True
        found = AfterSale.objects.filter(pk=object_id).only("kind", "state").first()
        return found is not None and after_sale_allowed(found.kind, found.state, state)

    # The list

    @display(description=_("member"), ordering="order__member")
    def who(self, case):
        return case.order.member.display_name or case.order.member_id

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, case):
        return case.state, case.get_state_display()

    @display(description=_("pieces"), ordering="piece_count")
    def pieces(self, case):
        return case.piece_count

    @display(description=_("age"), ordering="requested_at")
    def age(self, case):
        return timesince(case.requested_at, clock.now(), depth=1)

    @display(description=_("Next step"))
    def next_step(self, case):
        """The way to the page of the act that is due."""
        name, label = NEXT.get((case.kind, case.state), (None, None))
        return format_html(BUTTON, reverse(f"admin:orders_aftersale_{name}", args=[case.pk]), label) if name else ""

    # The page of one request

    @display(description=_("order"))
    def order_link(self, case):
        url = reverse("admin:orders_order_change", args=[case.order_id])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, case.order)

    @display(description=_("pictures"))
    def shown(self, case):
        urls = [(reverse("admin:orders_aftersale_picture", args=[pk]),) * 2 for pk in _picture_ids(case)]
        image = '<a href="{}" target="_blank"><img class="inline-block mr-2" src="{}" alt="" style="height: 120px"></a>'
        return format_html_join("", image, urls) if urls else "-"

    @display(description=_("came back"))
    def came_back(self, case):
        return price_text(case.points, case.fen) if case.points or case.fen else "-"

    @display(description=_("of it shipping"))
    def shipping_back(self, case):
        return yuan_sum(case.shipping_fen) if case.shipping_fen else "-"

    @display(description=_("cash at the provider"))
    def cash_state(self, case):
        refund = PaymentRefund.objects.filter(key=keys.after_sale(case, "cash")).first()
        return refund.get_state_display() if refund else "-"

    def picture(self, request, pk):
        """A picture of a request, for staff who may see requests."""
        picture = get_object_or_404(AfterSalePicture, pk=pk)
        if not self.has_view_permission(request):
            raise PermissionDenied
        return send_picture(picture)

    # Acts

    @action(description=_("Approve"), url_path="approve", permissions=["decide"], icon="check", variant="primary")
    def approve(self, request, object_id):
        """The goods may come back."""
        return self._act(
            request,
            object_id,
            lambda data, found: ApproveForm(data),
            lambda found, data, **who: after_sale.approve(case=found, answer=data["answer"], **who),
            title=_("Approve the request"),
            label=_("Approve"),
            done=_("Approved. The member reads where to send the goods."),
        )

    @action(description=_("Goods are back"), url_path="receive", permissions=["receive"], icon="inventory")
    def receive(self, request, object_id):
        """The goods are here."""
        return self._act(
            request,
            object_id,
            lambda data, found: ConfirmForm(data),
            lambda found, data, **who: after_sale.receive(case=found, **who),
            title=_("Take the goods in"),
            label=_("The goods are here"),
            done=_("Taken in. Next: pay back or exchange."),
        )

    @action(description=_("Pay back"), url_path="settle", permissions=["settle"], icon="undo", variant="primary")
    def settle(self, request, object_id):
        """Points, cash and stock in one step."""

        def act(found, data, **who):
            return pay_back(
                case=found,
                amounts=data["amounts"],
                shipping_fen=data["shipping_fen"],
                stock_back=data.get("stock_back", ""),
                answer=data["answer"],
                **who,
            )

        return self._act(
            request,
            object_id,
            lambda data, found: SettleForm(data, case=found, offer=queries.offer(found)),
            act,
            title=_("Pay back"),
            label=_("Pay back"),
            done=_("Settled. Points are back, cash is on its way."),
        )

    @action(description=_("Send a replacement"), url_path="exchange", permissions=["exchange"], icon="swap_horiz")
    def exchange(self, request, object_id):
        """The same goods once more."""

        def act(found, data, **who):
            after_sale.exchange(
                case=found,
                carrier=data["carrier"],
                tracking_number=data["tracking_number"],
                stock_back=data["stock_back"],
                shared=data["shared"],
                **who,
            )

        return self._act(
            request,
            object_id,
            lambda data, found: ExchangeForm(data),
            act,
            title=_("Send a replacement"),
            label=_("Send"),
            done=_("The replacement is on its way."),
        )

    @action(description=_("Refuse"), url_path="refuse", permissions=["refuse"], icon="block", variant="danger")
    def refuse(self, request, object_id):
        """No, with a reason."""
        return self._act(
            request,
            object_id,
            lambda data, found: AnswerForm(data),
            lambda found, data, **who: after_sale.refuse(case=found, answer=data["answer"], **who),
            title=_("Refuse the request"),
            label=_("Refuse"),
            done=_("Refused. The member reads the reason."),
            tone="danger",
        )

    def _act(self, request, object_id, make_form, act, *, title, label, done, tone="primary"):
        found = get_object_or_404(AfterSale.objects.select_related("order"), pk=object_id)
        page_url = reverse("admin:orders_aftersale_change", args=[found.pk])

        def run(data):
            result = act(found, data, by=actors.staff(request.user.pk), at=clock.now())
            return waits(result) if isinstance(result, Approval) else (page_url, done)

        goods = ", ".join(f"{item.title} × {quantity}" for item, quantity in queries.pieces_of(found).items())
        facts = [
            (_("request"), f"{found.number} · {found.get_kind_display()} · {found.get_state_display()}"),
            (_("Items"), goods),
            (_("Reason"), f"{found.get_reason_display()} {found.text}"),
        ]
        return self.act_page(
            request,
            make_form(request.POST if request.method == "POST" else None, found),
            run,
            title=title,
            label=label,
            back_url=page_url,
            facts=facts,
            tone=tone,
        )


def _picture_ids(request):
    return request.pictures.values_list("pk", flat=True)
