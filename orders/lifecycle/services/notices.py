"""Notices to members about their orders (F8, F10). All sentences are here."""

from django.utils.translation import gettext_noop

from accounts.services import notices

TEXTS = {
    "shipped": (
        gettext_noop("Your parcel is on its way"),
        gettext_noop("%(carrier)s carries it under the number %(number)s."),
    ),
    "partly_shipped": (
        gettext_noop("The first part of your order is on its way"),
        gettext_noop("%(carrier)s carries it under the number %(number)s. The rest follows."),
    ),
    "out_for_delivery": (
        gettext_noop("Your parcel comes today"),
        gettext_noop("The courier has parcel %(number)s of %(carrier)s with them."),
    ),
    "delivered": (
        gettext_noop("Your parcel has been delivered"),
        gettext_noop("Parcel %(number)s of %(carrier)s. Please look at what came, then confirm the receipt."),
    ),
    "approved": (
        gettext_noop("Please send the goods back"),
        gettext_noop("Your request %(number)s is approved. Where to send them is on its page."),
    ),
    "refused": (
        gettext_noop("Your after-sale request was refused"),
        gettext_noop("Request %(number)s: %(why)s"),
    ),
    "goods_received": (
        gettext_noop("The goods you sent are here"),
        gettext_noop("We look at them and settle request %(number)s next."),
    ),
    "settled": (
        gettext_noop("Your after-sale request is settled"),
        gettext_noop("%(points)s points and %(sum)s go back to you. Request %(number)s."),
    ),
    "settled_points": (
        gettext_noop("Your after-sale request is settled"),
        gettext_noop("%(points)s points go back to you. Request %(number)s."),
    ),
    "settled_cash": (
        gettext_noop("Your after-sale request is settled"),
        gettext_noop("%(sum)s goes back the way you paid. Request %(number)s."),
    ),
    "refunded": (
        gettext_noop("Money comes back to you"),
        gettext_noop("%(sum)s goes back the way you paid."),
    ),
    "unshipped": (
        gettext_noop("A part of your order cannot be delivered"),
        gettext_noop("%(points)s points and %(sum)s go back to you. We are sorry: %(why)s"),
    ),
    "unshipped_points": (
        gettext_noop("A part of your order cannot be delivered"),
        gettext_noop("%(points)s points go back to you. We are sorry: %(why)s"),
    ),
    "unshipped_cash": (
        gettext_noop("A part of your order cannot be delivered"),
        gettext_noop("%(sum)s goes back the way you paid. We are sorry: %(why)s"),
    ),
    "exchanged": (
        gettext_noop("Your replacement is on its way"),
        gettext_noop("%(carrier)s carries it under the number %(number)s."),
    ),
}


def tell(order, what, *, key, at, url="", **values):
    """Tell the member of ``order`` one of ``TEXTS``, once for each ``key``; in the caller's transaction."""
    title, text = TEXTS[what]
    notices.notify(
        member_id=order.member_id,
        topic="orders",
        title=title,
        text=text,
        values=values,
        url=url or order.get_absolute_url(),
        key=key,
        at=at,
    )


def of_parcel(shipment, what, *, at):
    """Tell the member where a parcel is; each of these once a parcel."""
    carrier = shipment.carrier
    tell(
        shipment.order,
        what,
        key=f"parcel:{shipment.pk}:{what}",
        at=at,
        carrier={"zh": carrier.name, "en": carrier.name_en},
        number=shipment.tracking_number,
    )
