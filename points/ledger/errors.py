"""Why the ledger refuses, in words for people. Each carries its numbers in ``details``."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class NotEnoughPoints(DomainError):
    """Details: ``needed``, ``available`` (spendable at the moment of the call)."""

    code = "not_enough_points"
    message = _("This needs %(needed)s points and %(available)s are available. No points were taken.")


class KeyReused(DomainError):
    """The idempotency key already stands for something else on this account. Details: ``key``."""

    code = "key_reused"
    message = _("This reference was already used for something else. Nothing was changed.")


class HoldNotOpen(DomainError):
    """The hold was captured or released before. Details: ``hold`` (its key), ``state``."""

    code = "hold_not_open"
    message = _("These held points were already settled. Nothing was changed.")


class TooMuchRefunded(DomainError):
    """More than the debit took, less what came back already. Details: ``asked``, ``left``."""

    code = "too_much_refunded"
    message = _("Only %(left)s points can still be returned. Nothing was changed.")


class TooMuchClawedBack(DomainError):
    """More than the entry earned, less what was taken back already. Details: ``asked``, ``left``."""

    code = "too_much_clawed_back"
    message = _("Only %(left)s points can still be taken back. Nothing was changed.")


class UnknownEntry(DomainError):
    """The account has no debit, or earning, with that key. Details: ``entry``."""

    code = "unknown_entry"
    message = _("There is no such points entry.")


class UnknownHold(DomainError):
    """The account has no hold with that key. Details: ``hold``."""

    code = "unknown_hold"
    message = _("There are no such held points.")


class UnknownAccount(DomainError):
    """No member has that id. Details: ``account``."""

    code = "unknown_account"
    message = _("There is no such member.")


BY_SQLSTATE = {
    "PT001": NotEnoughPoints,
    "PT002": KeyReused,
    "PT003": HoldNotOpen,
    "PT004": TooMuchRefunded,
    "PT005": UnknownEntry,
    "PT006": UnknownHold,
    "PT007": UnknownAccount,
    "PT008": TooMuchClawedBack,
}
