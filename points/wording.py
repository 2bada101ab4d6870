"""What the ledger did, said to a member."""

from django.utils.translation import gettext as _

from core.templatetags.mall import points as grouped
from core.templatetags.mall import shop_day


def given_back(pieces, *, at):
    """Where points went that came back at ``at`` (B7): "80 end on 31 Dec, 40 had ended, usable until 5 Dec".

    ``pieces`` are ``ledger.Piece``.
    """
    return _(", ").join(_piece(piece, at) for piece in pieces)


def _piece(piece, at):
    if piece.expires_at is None:
        text = _("%(points)s never end")
    elif piece.expires_at <= at:
        text = _("%(points)s had already ended")
    elif piece.is_grace:
        text = _("%(points)s had ended, usable until %(day)s")
    else:
        text = _("%(points)s end on %(day)s")
    return text % {"points": grouped(piece.points), "day": shop_day(piece.expires_at)}
