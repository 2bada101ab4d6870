"""The member's side of an after-sale request: ask, say how the goods travel back, withdraw (F10)."""

import uuid

from django.core.files.storage import storages
from django.utils.translation import gettext_lazy as _

from catalog.services import pictures as checked_pictures
from core import audit
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from orders.after_sale import queries
from orders.after_sale.services import moving, rewards
from orders.after_sale.states import after_sale_allowed
from orders.lifecycle.services import moves
from orders.models import (
    AfterSale,
    AfterSaleItem,
    AfterSaleKind,
    AfterSalePicture,
    AfterSaleReason,
    AfterSaleState,
    Order,
)
from orders.models.after_sale import OPEN
from orders.parameters import MAX_AFTER_SALE_PICTURES
from orders.shipping.queries import item_name
from orders.shipping.services.shipping import clean_tracking_number

MEMBERS_KINDS = [AfterSaleKind.RETURN, AfterSaleKind.REFUND, AfterSaleKind.EXCHANGE]
LONGEST_TEXT = 500
FOLDER = "after-sale"


class WindowClosed(DomainError):
    """Not shipped yet, cancelled, or the time to ask is over."""

    code = "after_sale_window_closed"
    message = _("Requests for this order are not open, or not any more. Nothing was changed.")


class RequestUnderWay(DomainError):
    """An order has one open request at a time."""

    code = "request_under_way"
    message = _("There is a request for this order already. Please wait for it, or withdraw it first.")


class FormUsed(DomainError):
    """The form made a request already, and asks for something else now. ``number`` is that of the request."""

    code = "after_sale_form_used"
    message = _(
        "You have sent this form already: request %(number)s. What you changed since then is not in it; please look at "
        "that request first."
    )


class NothingChosen(DomainError):
    code = "nothing_chosen"
    message = _("Please choose at least one piece.")


class TooManyPieces(DomainError):
    """More than left in a parcel and was not paid back. ``name`` is the item's, ``left`` how many it may be."""

    code = "too_many_pieces"
    message = _("Of “%(name)s” at most %(left)s can be chosen. Nothing was changed.")


class TooManyPictures(DomainError):
    code = "too_many_pictures"
    message = _("At most %(most)s pictures. Nothing was changed.")


class GoodsOnTheWay(DomainError):
    """They were handed to a carrier; what becomes of the request is decided when they have arrived."""

    code = "goods_on_the_way"
    message = _("The goods are on their way back to the shop already. Please wait until they have arrived.")


def ask(*, order, kind, pieces, reason, form_key, by, at, text="", pictures=()):
    """Ask for a return, a refund or an exchange of ``pieces`` (``{item_id: quantity}``); returns the ``AfterSale``.

    ``pictures`` are files; they are made anew and kept where only the member and staff get at them. The same
    ``form_key`` twice is one request; with another wish it raises ``FormUsed``. Raises ``WindowClosed``,
    ``RequestUnderWay``, ``NothingChosen``, ``TooManyPieces``, ``TooManyPictures``, ``BadPicture``,
    ``TooManyPicturesAtOnce``, ``InvalidInput`` or ``Busy``.
    """
    asked = (kind, reason, _clean_text(text), {pk: quantity for pk, quantity in pieces.items() if quantity})
    if (earlier := _asked_before(order, form_key, asked)) is not None:
        return earlier
    if kind not in MEMBERS_KINDS:
        raise InvalidInput(field=_("What you would like"))
    if reason not in AfterSaleReason.values:
        raise InvalidInput(field=_("Reason"))
    if pictures:  # asked first of the order as it is now, before they cost anything; once more when its row is locked
        _check(Order.objects.get(pk=order.pk), pieces, at=at)
    names = _store(pictures)
    try:
        with locking_transaction():
            order = moves.lock(order.pk)
            if (earlier := _asked_before(order, form_key, asked)) is not None:
                _remove(names)
                return earlier
            return _ask(order, kind, pieces, reason, text, names, form_key, by=by, at=at)
    except BaseException:
        _remove(names)
        raise


def send_back(*, case, carrier, tracking_number, by, at):
    """The member says how the goods travel back, or corrects it; ``carrier`` is a name in their words.

    Raises ``TrackingNumberNotValid``, ``CaseMoveNotAllowed`` or ``Busy``.
    """
    number = clean_tracking_number(tracking_number)
    carrier = carrier.strip()
    if not 1 <= len(carrier) <= 64:
        raise InvalidInput(field=_("Carrier"))
    with locking_transaction():
        _order, case = moving.lock(case)
        moving.check(case, AfterSaleState.RECEIVED)
        case.sent_with, case.sent_number = carrier, number
        case.save(update_fields=["sent_with", "sent_number"])
        audit.record("aftersale.sent_back", by=by, subject=case.subject, at=at, carrier=carrier, number=number)
    return case


def may_withdraw(case):
    """Whether the member may take the request back: as the table says, and until the goods are on their way."""
    return after_sale_allowed(case.kind, case.state, AfterSaleState.WITHDRAWN) and not case.sent_number


def withdraw(*, case, by, at):
    """The member does not want it any more; a withdrawn one stays so. Raises ``CaseMoveNotAllowed``,
    ``GoodsOnTheWay`` or ``Busy``."""
    with locking_transaction():
        _order, case = moving.lock(case)
        if case.state != AfterSaleState.WITHDRAWN:
            if case.sent_number:
                raise GoodsOnTheWay
            moving.move(case, AfterSaleState.WITHDRAWN, by=by, at=at)
    return case


def number_of(order):
    """The number of the next request; the order's row is locked."""
    return f"{order.number}-A{order.after_sales.count() + 1}"


def _ask(order, kind, pieces, reason, text, names, form_key, *, by, at):
    chosen = _check(order, pieces, at=at)
    case = AfterSale.objects.create(
        number=number_of(order),
        order=order,
        form_key=form_key,
        kind=kind,
        state=AfterSaleState.REQUESTED,
        reason=reason,
        text=_clean_text(text),
        requested_at=at,
    )
    AfterSaleItem.objects.bulk_create(
        AfterSaleItem(after_sale=case, item=item, quantity=quantity) for item, quantity in chosen.items()
    )
    AfterSalePicture.objects.bulk_create(
        AfterSalePicture(after_sale=case, name=name, position=position) for position, name in enumerate(names)
    )
    moving.record(case, "", by=by, at=at)
    audit.record("aftersale.requested", by=by, subject=case.subject, at=at, kind=kind, reason=reason)
    rewards.follow(order_id=order.pk, by=by, at=at)
    return case


def _check(order, pieces, *, at):
    """``{OrderItem: quantity}`` that the request would be about, where the order allows one now."""
    if not queries.is_in_window(order, at=at):
        raise WindowClosed
    if order.after_sales.filter(state__in=OPEN).exists():
        raise RequestUnderWay
    return _chosen(order, queries.askable_pieces(order), pieces)


def _asked_before(order, form_key, asked):
    """The request that the form made already, or None. Pictures are not compared: they were made anew."""
    earlier = AfterSale.objects.filter(order=order, form_key=form_key).first()
    if earlier is None:
        return None
    pieces = dict(earlier.items.values_list("item", "quantity"))
    if (earlier.kind, earlier.reason, earlier.text, pieces) != asked:
        raise FormUsed(number=earlier.number)
    return earlier


def _clean_text(text):
    return text.strip()[:LONGEST_TEXT]


def _chosen(order, askable, pieces):
    by_id = {item.pk: item for item in askable}
    chosen = {}
    for item_id, quantity in pieces.items():
        left = askable.get(by_id.get(item_id), 0)
        if not isinstance(quantity, int) or not 0 <= quantity <= left:
            raise TooManyPieces(name=item_name(order, item_id), left=left)
        if quantity:
            chosen[by_id[item_id]] = quantity
    if not chosen:
        raise NothingChosen
    return chosen


def _store(pictures):
    """Check all pictures, then keep them; their names in the private storage."""
    most = MAX_AFTER_SALE_PICTURES.value
    if len(pictures) > most:
        raise TooManyPictures(most=most)
    contents = checked_pictures.prepare_all(pictures)
    return [storages["private"].save(f"{FOLDER}/{uuid.uuid4().hex}.webp", content) for content in contents]


def _remove(names):
    for name in names:
        storages["private"].delete(name)
