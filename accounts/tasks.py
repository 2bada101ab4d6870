"""SMS and e-mails are sent in the background, after commit, and retried."""

from smtplib import SMTPException

from celery import shared_task
from django.core.mail import EmailMultiAlternatives

from accounts import sent, sms
from core import clock
from core.background import Task


class _Confidential(Task):
    """Celery logs the arguments of a task it receives; these hold numbers, addresses and codes (H6)."""

    abstract = True

    def send(self, args=None, kwargs=None, **options):
        return super().send(args, kwargs, **options | {"argsrepr": "hidden", "kwargsrepr": "hidden"})


_AGAIN = {"base": _Confidential, "retry_backoff": True, "retry_backoff_max": 60, "max_retries": 5}


@shared_task(autoretry_for=(sms.NotSent,), **_AGAIN)
def send_sms(to, text):
    """Send ``text`` to the E.164 number ``to``."""
    sms.send(to=to, text=text)
    sent.keep(kind="sms", to=to, text=text, at=clock.now())


@shared_task(autoretry_for=(SMTPException, OSError), **_AGAIN)
def send_email(to, subject, text, html=None):
    """Send an e-mail to the list of addresses ``to``."""
    message = EmailMultiAlternatives(subject, text, to=to)
    if html:
        message.attach_alternative(html, "text/html")
    message.send()
    sent.keep(kind="email", to=", ".join(to), subject=subject, text=text, at=clock.now())
