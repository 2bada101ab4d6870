"""Where an after-sale case stands, in words (F10)."""

from django.utils.translation import gettext as _

from orders.models import AfterSaleKind, AfterSaleState


def case_headline(case):
    """``(title, detail)``: where an after-sale request stands, and what happens next."""
    match case.state:
        case AfterSaleState.REQUESTED:
            return _("We are looking at your request"), _("You get a notice as soon as it is decided.")
        case AfterSaleState.APPROVED if case.sent_number:
            return _("The goods are on their way to us"), _("We look at them when they are here.")
        case AfterSaleState.APPROVED:
            return _("Please send the goods back"), _("Then tell us the tracking number on this page.")
        case AfterSaleState.RECEIVED if case.kind == AfterSaleKind.EXCHANGE:
            return _("The goods are here"), _("We look at them, then the replacement is sent.")
        case AfterSaleState.RECEIVED:
            return _("The goods are here"), _("We look at them, then points and cash go back.")
        case AfterSaleState.SETTLED:
            title = _("A part could not be delivered") if case.kind == AfterSaleKind.UNSHIPPED else _("Settled")
            return title, case.answer
        case AfterSaleState.EXCHANGED:
            return _("Your replacement is on its way"), case.answer
        case AfterSaleState.REFUSED:
            return _("Your request was refused"), case.answer
        case _:
            return _("Withdrawn"), _("Nothing was changed. You can ask again while the time for it lasts.")
