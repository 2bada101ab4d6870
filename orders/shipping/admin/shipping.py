"""Pages of the packing table: lists to print, and parcels of many orders from a file (F7)."""

from base64 import b64decode, b64encode

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import actors, audit, clock, tables
from core.errors import DomainError
from orders.lifecycle.states import MAY_SHIP
from orders.models import Order
from orders.shipping import queries as parcels
from orders.shipping.forms import ShippingFileForm
from orders.shipping.services import shipping_file, shipping_list

MOST_LISTS = 200
SHOWN = 50
SALT = "orders.shipping_file"
PREVIEW_S = 3600


def packing(request):
    """The packing lists of ``?orders=1,2,3``, one on each sheet, longest waiting first. Who printed them is recorded:
    they carry names and addresses."""
    if not request.user.has_perm("orders.ship_order"):
        raise PermissionDenied
    wanted = [int(pk) for pk in request.GET.get("orders", "").split(",") if pk.isascii() and pk.isdigit()]
    orders = list(Order.objects.filter(pk__in=wanted[:MOST_LISTS], state__in=MAY_SHIP).order_by("paid_at", "pk"))
    if not orders:
        messages.warning(request, _("None of these orders waits for a parcel."))
        return redirect("admin:orders_order_changelist")
    at = clock.now()
    audit.record(
        "order.packing_printed",
        by=actors.staff(request.user.pk),
        subject=orders[0].subject if len(orders) == 1 else "orders",
        at=at,
        orders=[order.number for order in orders],
    )
    sheets = [
        {"order": order, "lines": (left := parcels.left_to_ship(order)).items(), "pieces": sum(left.values())}
        for order in orders
    ]
    return render(request, "orders/admin/packing.html", {"sheets": sheets, "at": at})


def take_along(request, orders, kind):
    """Those of ``orders`` that wait for a parcel, as a file of ``kind``."""
    try:
        headings, rows = shipping_list.export(orders=orders, by=actors.staff(request.user.pk), at=clock.now())
    except DomainError as error:
        messages.warning(request, str(error))
        return None
    name = _("orders to ship")
    return tables.download(f"{name} {clock.shop_date(clock.now())}", headings, rows, kind)


def ship_file(admin, request):
    """First the file is judged and every refused line shown; then the same bytes, carried along signed, are shipped."""
    form = ShippingFileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    context = {"title": _("Ship from a file"), "form": form, "back_url": reverse("admin:orders_order_changelist")}
    if request.method != "POST" or not form.is_valid():
        return admin.page(request, "orders/admin/ship_file.html", **context)
    data = form.cleaned_data
    content = data["file"].read() if data["file"] else _opened(data["content"])
    if content is None:
        form.add_error("file", _("Please choose the file (again)."))
        return admin.page(request, "orders/admin/ship_file.html", **context)
    try:
        if data["file"] is None and request.POST.get("act") == "report":
            return _report(shipping_file.check(content, shared=data["shared"]))
        if data["file"] is None and request.POST.get("act") == "ship":
            done = shipping_file.ship_file(
                content=content,
                skip_refused=data["skip_refused"],
                shared=data["shared"],
                by=actors.staff(request.user.pk),
                at=clock.now(),
            )
            count = len(done.to_ship)
            messages.success(request, ngettext("%(n)s order shipped.", "%(n)s orders shipped.", count) % {"n": count})
            return redirect("admin:orders_order_changelist")
        checked = shipping_file.check(content)
    except shipping_file.LinesRefused as error:
        form.add_error(None, str(error))
        checked = error.details["checked"]
    except DomainError as error:
        form.add_error(None, str(error))
        return admin.page(request, "orders/admin/ship_file.html", **context)
    context |= {
        "checked": checked,
        "content": signing.dumps(b64encode(content).decode(), salt=SALT, compress=True),
        "refused": {
            "title": _("Lines that cannot be shipped"),
            "headers": [_("line"), _("order"), _("carrier"), _("tracking number"), _("problem")],
            "rows": [line.as_list() for line in checked.refused[:SHOWN]],
        },
        "more": max(len(checked.refused) - SHOWN, 0),
        "good": {
            "title": _("Orders to ship"),
            "headers": [_("line"), _("order"), _("carrier"), _("tracking number")],
            "rows": [
                [line.number, line.order_number, line.carrier, line.tracking_number]
                for line in sorted(checked.to_ship, key=lambda line: line.number)[:SHOWN]
            ],
        },
        "more_good": max(len(checked.to_ship) - SHOWN, 0),
    }
    return admin.page(request, "orders/admin/ship_file.html", **context)


def _opened(content):
    try:
        return b64decode(signing.loads(content, salt=SALT, max_age=PREVIEW_S)) if content else None
    except signing.BadSignature:
        return None


def _report(checked):
    """The refused lines as a file that can be corrected and given again."""
    headings = shipping_file.COLUMNS.headings(*shipping_file.REPORT)
    return tables.download("refused", headings, (line.as_list() for line in checked.refused), as_typed=True)
