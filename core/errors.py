"""Refusals with messages for people."""

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A service refused; nothing was written.

    Each subclass names one reason, with a translated ``message`` that may use the details as ``%(name)s``.
    Views show ``str(error)``, commands print it, the partner API sends ``error.code``.
    """

    code = "refused"
    message = _("That could not be done. Nothing was changed.")

    def __init__(self, **details: object) -> None:
        super().__init__()
        self.details = details

    def __str__(self) -> str:
        return str(self.message) % self.details if self.details else str(self.message)


class Busy(DomainError):
    """Another transaction holds the rows; trying again is safe."""

    code = "busy"
    message = _("Too many people at once. Nothing was changed, please try again.")


class InvalidInput(DomainError):
    """An argument is not what the service takes (wrong type, range or length)."""

    code = "invalid"
    message = _("%(field)s is not valid.")
