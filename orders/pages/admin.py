"""The staff's orders: a queue to work off, a page that tells everything, and the acts: ship, pack, cancel (F3, F7)."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts import phones
from core import actors, clock, tables
from core.crypto import fingerprint
from core.errors import DomainError
from core.formats import price_text, yuan_sum
from core.staff import LookOnlyAdmin, LookOnlyInline
from orders.after_sale import services as after_sale
from orders.after_sale.staff_forms import GiveUpForm
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.lifecycle.states import MAY_SHIP, allowed
from orders.models import AfterSale, Order, OrderItem, OrderMove, OrderState, Payment, PaymentNotification, Shipment
from orders.models.after_sale import OPEN
from orders.pages.forms import CancelForm
from orders.placing.rules import pricing
from orders.placing.services import cancelling
from orders.shipping import queries as parcels
from orders.shipping.admin import shipping as shipping_pages
from orders.shipping.forms import ShipForm
from orders.shipping.services import shipping

TONES = {
    OrderState.PENDING_PAYMENT: "info",
    OrderState.TO_SHIP: "warning",
    OrderState.PARTLY_SHIPPED: "warning",
    OrderState.SHIPPED: "primary",
    OrderState.COMPLETED: "success",
    OrderState.CANCELLED: "default",
}


class QueueFilter(admin.SimpleListFilter):
    """What somebody has to do something about."""

    title = _("work to do")
    parameter_name = "queue"

    def lookups(self, request, model_admin):
        return [("parcels", _("Waits for a parcel")), ("after_sale", _("After-sale request open"))]

    def queryset(self, request, queryset):
        match self.value():
            case "parcels":
                return queryset.filter(state__in=MAY_SHIP)
            case "after_sale":
                return queryset.filter(pk__in=AfterSale.objects.filter(state__in=OPEN).values("order"))
        return queryset


class ItemInline(LookOnlyInline):
    model = OrderItem
    fields = ["product_name", "sku_label", "sku", "way", "each", "quantity"]
    readonly_fields = ["each"]

    @display(description=_("each"))
    def each(self, item):
        return price_text(item.unit_points, item.unit_fen)


class ShipmentInline(LookOnlyInline):
    model = Shipment
    fields = ["carrier", "number", "contents", "whereabouts", "shipped_at", "by"]
    readonly_fields = ["number", "contents", "whereabouts"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("tracking").prefetch_related("parts__item")

    @display(description=_("tracking number"))
    def number(self, shipment):
        return format_html(
            '<a class="text-primary-600 underline" href="{}" rel="noreferrer" target="_blank">{}</a>',
            shipment.public_page,
            shipment.tracking_number,
        )

    @display(description=_("contents"))
    def contents(self, shipment):
        return ", ".join(f"{part.item.title} × {part.quantity}" for part in shipment.parts.all()) or "-"

    @display(description=_("whereabouts"))
    def whereabouts(self, shipment):
        return shipment.tracking.get_state_display() if hasattr(shipment, "tracking") else "-"


class AfterSaleInline(LookOnlyInline):
    model = AfterSale
    fields = ["link", "kind", "state", "reason", "requested_at", "back"]
    readonly_fields = ["link", "back"]

    @display(description=_("number"))
    def link(self, request):
        url = reverse("admin:orders_aftersale_change", args=[request.pk])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, request.number)

    @display(description=_("came back"))
    def back(self, request):
        return price_text(request.points, request.fen) if request.points or request.fen else "-"


class MoveInline(LookOnlyInline):
    model = OrderMove
    fields = ["at", "from_state", "to_state", "by", "reason"]


class PaymentInline(LookOnlyInline):
    model = Payment
    fields = ["reference", "provider", "amount", "state", "provider_id", "paid_at", "refunded_at", "told"]
    readonly_fields = ["amount", "told"]

    @display(description=_("amount"))
    def amount(self, payment):
        return yuan_sum(payment.amount_fen)

    @display(description=_("notifications"))
    def told(self, payment):
        count = PaymentNotification.objects.filter(payment=payment).count()
        url = reverse("admin:orders_payment_change", args=[payment.pk])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, count)


@admin.register(Order)
class OrderAdmin(LookOnlyAdmin):
    list_display = ["number", "who", "state_label", "pieces", "cost", "age", "next_step"]
    list_filter = [QueueFilter, "state", "shipments__carrier"]
    list_select_related = ["member"]
    list_per_page = 50
    list_filter_sheet = False
    view_on_site = False  # that page is the member's own
    search_fields = ["number", "shipments__tracking_number", "member__phone"]
    search_help_text = _("Order number, phone of member or recipient, tracking number")
    date_hierarchy = "placed_at"
    inlines = [ItemInline, ShipmentInline, AfterSaleInline, MoveInline, PaymentInline]
    actions = ["pack", "take_along", "take_along_csv"]
    actions_list = ["ship_file"]
    actions_detail = ["ship", "pack_one", "give_up", "cancel"]
    fieldsets = [
        (None, {"fields": [("number", "state"), ("member", "placed_at"), "note"]}),
        (_("Parcel goes to"), {"fields": [("ship_name", "ship_phone"), "ship_address"]}),
        (_("Sums"), {"fields": ["summed"]}),
        (
            _("Times"),
            {
                "fields": [
                    ("pay_before", "paid_at"),
                    ("shipped_at", "received_at", "returnable_until"),
                    ("cancelled_at", "cancelled_why"),
                ]
            },
        ),
    ]
    readonly_fields = ["summed", "cancelled_why"]

    def get_queryset(self, request):
        """With the number of pieces, which the list shows."""
        return super().get_queryset(request).annotate(piece_count=Sum("items__quantity"))

    def get_inlines(self, request, obj):
        """Tables that would be empty are left out."""
        empty = set()
        if obj is None or not obj.shipments.exists():
            empty.add(ShipmentInline)
        if obj is None or not obj.payments.exists():
            empty.add(PaymentInline)
        if obj is None or not obj.after_sales.exists():
            empty.add(AfterSaleInline)
        return [inline for inline in self.inlines if inline not in empty]

    def get_search_results(self, request, queryset, search_term):
        """A phone is found by the member's number or by the fingerprint of the recipient's, which is encrypted."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        try:
            phone = phones.parse(search_term)
        except phones.PhoneNotValid:
            return found, duplicates
        return found | queryset.filter(ship_phone_hash=fingerprint(phone)), duplicates

    def has_ship_permission(self, request, object_id=None):
        return request.user.has_perm("orders.ship_order") and _stands_before(object_id, OrderState.SHIPPED)

    def has_pack_permission(self, request, object_id=None):
        """Who ships prints the lists; of one order while something waits in it."""
        return self.has_ship_permission(request, object_id)

    def has_give_up_permission(self, request, object_id=None):
        return request.user.has_perm("orders.settle_aftersale") and (
            object_id is None or Order.objects.filter(pk=object_id, state=OrderState.PARTLY_SHIPPED).exists()
        )

    def has_cancel_permission(self, request, object_id=None):
        return request.user.has_perm("orders.cancel_order") and _stands_before(object_id, OrderState.CANCELLED)

    # The list

    @display(description=_("member"), ordering="member")
    def who(self, order):
        return order.member.display_name or order.member_id

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, order):
        return order.state, order.get_state_display()

    @display(description=_("pieces"), ordering="piece_count")
    def pieces(self, order):
        return order.piece_count

    @display(description=_("price"), ordering="points")
    def cost(self, order):
        return price_text(order.points, order.cash_fen)

    @display(description=_("age"), ordering="placed_at")
    def age(self, order):
        return timesince(order.placed_at, clock.now(), depth=1)

    @display(description=_("Next step"))
    def next_step(self, order):
        """The way to the shipping page, where there is something to ship."""
        if order.state not in MAY_SHIP:
            return ""
        url = reverse("admin:orders_order_ship", args=[order.pk])
        return format_html(
            '<a class="bg-primary-600 font-medium inline-block px-3 py-1 rounded-default text-white" href="{}">{}</a>',
            url,
            _("Ship"),
        )

    # The page of one order

    @display(description=_("Sums"))
    def summed(self, order):
        lines = [
            (line.label, f"{line.text} ({line.note})" if line.note else line.text)
            for line in pricing.restored(order.sums)
        ]
        lines.append((_("Total"), price_text(order.points, order.cash_fen)))
        return format_html_join("", "<div>{} {}</div>", lines)

    @display(description=_("reason of cancellation"))
    def cancelled_why(self, order):
        return " · ".join(filter(None, [order.get_cancel_reason_display(), order.cancel_note])) or "-"

    # Acts

    @action(description=_("Ship"), url_path="ship", permissions=["ship"], icon="local_shipping", variant="primary")
    def ship(self, request, object_id):
        """Carrier and tracking number of one order."""

        def act(order, data):
            shipping.ship_order(
                order=order,
                carrier=data["carrier"],
                tracking_number=data["tracking_number"],
                by=actors.staff(request.user.pk),
                at=clock.now(),
                pieces=data["pieces"],
                shared=data["shared"],
            )

        return self._act(
            request,
            object_id,
            lambda data, order: ShipForm(data, left=parcels.left_to_ship(order)),
            act,
            title=_("Ship order"),
            label=_("Ship"),
            done=_("The parcel is on its way."),
            items=lambda order: parcels.left_to_ship(order).items(),
        )

    @action(description=_("Cancel order"), url_path="cancel", permissions=["cancel"], icon="cancel", variant="danger")
    def cancel(self, request, object_id):
        """Give everything back, with a reason that the member reads."""

        def act(order, data):
            cancelling.cancel_order(
                order=order, by=actors.staff(request.user.pk), at=clock.now(), reason=data["reason"]
            )

        return self._act(
            request,
            object_id,
            lambda data, order: CancelForm(data),
            act,
            title=_("Cancel order"),
            label=_("Cancel the order"),
            done=_("Cancelled. Points, cash and stock go back."),
        )

    @action(
        description=_("Pay the rest back"),
        url_path="give-up",
        permissions=["give_up"],
        icon="production_quantity_limits",
        variant="danger",
    )
    def give_up(self, request, object_id):
        """What of a partly shipped order cannot be had any more."""

        def act(order, data):
            after_sale.give_up_rest(
                order=order,
                by=actors.staff(request.user.pk),
                at=clock.now(),
                reason=data["answer"],
                stock_back=data["stock_back"],
            )

        return self._act(
            request,
            object_id,
            lambda data, order: GiveUpForm(data),
            act,
            title=_("Pay the rest of the order back"),
            label=_("Pay back"),
            done=_("The rest is paid back. The order counts as shipped."),
            items=lambda order: parcels.left_to_ship(order).items(),
        )

    @action(description=_("Print packing lists"), permissions=["pack"])
    def pack(self, request, queryset):
        """The lists of the selected orders on one page for the printer."""
        return _to_packing(queryset.values_list("pk", flat=True))

    @action(description=_("Export orders to ship (Excel)"), permissions=["pack"])
    def take_along(self, request, queryset):
        """The selected orders as a workbook that comes back with carriers and tracking numbers."""
        return shipping_pages.take_along(request, queryset, tables.XLSX)

    @action(description=_("Export orders to ship (CSV)"), permissions=["pack"])
    def take_along_csv(self, request, queryset):
        """The same as CSV."""
        return shipping_pages.take_along(request, queryset, tables.CSV)

    @action(description=_("Packing list"), url_path="packing", permissions=["pack"], icon="print")
    def pack_one(self, request, object_id):
        """The list of this order."""
        return _to_packing([object_id])

    @action(description=_("Ship from a file"), url_path="ship-file", permissions=["ship"], icon="upload_file")
    def ship_file(self, request):
        """Carrier and tracking number of many orders."""
        return shipping_pages.ship_file(self, request)

    def get_urls(self):
        packing = self.admin_site.admin_view(shipping_pages.packing)
        return [path("packing/", packing, name="orders_order_packing"), *super().get_urls()]

    def _act(self, request, object_id, form_class, act, *, title, label, done, items=None):
        """A page with one form and one service call; a refusal is shown on it. ``items`` are those it is about."""
        order = get_object_or_404(Order.objects.select_related("member"), pk=object_id)
        page_url = reverse("admin:orders_order_change", args=[order.pk])
        form = form_class(request.POST or None, order)
        if request.method == "POST" and form.is_valid():
            try:
                act(order, form.cleaned_data)
            except MoveNotAllowed as error:
                messages.error(request, str(error))
                return redirect(page_url)
            except DomainError as error:
                form.add_error(None, ValidationError(str(error), code=error.code))
            else:
                messages.success(request, done)
                return redirect(page_url)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "order": order,
            "items": items(order) if items else [(item, item.quantity) for item in order.items.all()],
            "form": form,
            "label": label,
            "page_url": page_url,
        }
        return render(request, "orders/admin/act.html", context)


def _to_packing(pks):
    ids = ",".join(str(pk) for pk in pks)
    return redirect(f"{reverse('admin:orders_order_packing')}?orders={ids}")


def _stands_before(object_id, state):
    """Whether the order may move to ``state``; without an order, somewhere one may."""
    if object_id is None:
        return True
    order = Order.objects.filter(pk=object_id).only("state").first()
    return order is not None and allowed(order.state, state)
