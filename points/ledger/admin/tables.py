"""Rows of the ledger as tables that staff read."""

from django.utils.translation import gettext_lazy as _

from core import actors, codes
from core.formats import grouped, signed
from core.staff_tables import table, when
from points.ledger.models import UNDATED


def of_entries(title, entries, **more):
    headers = [_("number"), _("at"), _("kind"), _("points"), _("balance after"), _("source"), _("reason"), _("by")]
    entries = list(entries)
    who, whence = actors.names(row.by for row in entries), codes.things({row.source for row in entries})
    rows = [
        (
            entry.seq,
            when(entry.at),
            entry.get_kind_display(),
            signed(entry.points),
            grouped(entry.balance_after),
            whence[entry.source],
            entry.reason,
            who[entry.by],
        )
        for entry in entries
    ]
    return table(title, headers, rows, **more)


def of_lots(title, lots, **more):
    headers = [_("number"), _("remaining"), _("points"), _("active from"), _("ends at"), _("given back from lot")]
    rows = [
        (
            lot.seq,
            grouped(lot.remaining),
            grouped(lot.points),
            _("not known yet") if lot.active_from == UNDATED else when(lot.active_from),
            when(lot.expires_at),
            lot.origin or "",
        )
        for lot in lots
    ]
    return table(title, headers, rows, **more)


def of_holds(title, holds, **more):
    headers = [
        _("number"), _("points"), _("state"), _("source"), _("at"), _("to be settled by"), _("ended at"), _("by")
    ]  # fmt: skip
    holds = list(holds)
    who, whence = actors.names(row.by for row in holds), codes.things({row.source for row in holds})
    rows = [
        (
            hold.seq,
            grouped(hold.points),
            hold.get_state_display(),
            whence[hold.source],
            when(hold.at),
            when(hold.expires_at),
            when(hold.ended_at),
            who[hold.by],
        )
        for hold in holds
    ]
    return table(title, headers, rows, **more)
