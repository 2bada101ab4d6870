"""E-mails that a visitor waits for. They are sent at once, so that the page can report a failure (A1)."""

from smtplib import SMTPException
from time import monotonic

import structlog
from allauth.account.adapter import get_adapter
from django.core.mail import EmailMultiAlternatives

from accounts import sent
from core import clock

log = structlog.get_logger(__name__)

AWAY_S = 20  # pause after a server did not answer: each wait for it blocks a thread of the mall

_away_until = 0.0


class NotSent(Exception):
    """The mail server did not accept it; trying again is safe."""


def send(*, to, template, **context):
    """Send the e-mail ``account/email/<template>`` to one address, now. Raises ``NotSent``."""
    global _away_until
    if monotonic() < _away_until:
        raise NotSent
    rendered = get_adapter().render_mail(f"account/email/{template}", to, context)
    try:
        EmailMultiAlternatives(rendered.subject, rendered.body, to=[to]).send()
    except (SMTPException, OSError) as error:
        _away_until = monotonic() + AWAY_S
        log.error("email_not_sent", template=template, reason=type(error).__name__)
        raise NotSent from error
    sent.keep(kind="email", to=to, subject=rendered.subject, text=rendered.body, at=clock.now())
