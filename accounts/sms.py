"""SMS behind one small interface (A9): ``settings.SMS_SENDER`` names the sender."""

import structlog
from django.conf import settings

from accounts import phones

log = structlog.get_logger(__name__)

SENDERS = {}


class NotSent(Exception):
    """The provider did not accept the message; trying again is safe."""


def sender(name):
    """Register the decorated callable, ``send(to=<E.164>, text=<text>)``, which raises ``NotSent``."""

    def register(send):
        SENDERS[name] = send
        return send

    return register


def send(*, to, text):
    """Send ``text`` to the E.164 number ``to`` with the sender of the settings. Raises ``NotSent``."""
    SENDERS[settings.SMS_SENDER](to=to, text=text)


@sender("console")
def send_to_console(*, to, text):
    """Development: nothing is sent. The text holds a code, so the log has neither the text nor the number."""
    log.info("sms_sent", to=phones.mask(to), characters=len(text))
