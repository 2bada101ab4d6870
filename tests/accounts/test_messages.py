"""SMS and e-mail: sent in a task, tried again, shown where it is not production (A9)."""

import pytest
from celery.contrib.django.task import DjangoTask
from celery.exceptions import Retry
from django.core import mail

from accounts import sent, sms, tasks
from tests.accounts.conftest import AT


def test_a_sender_is_chosen_by_its_name(settings, monkeypatch):
    taken = []
    monkeypatch.setitem(sms.SENDERS, "fake", lambda **message: taken.append(message))
    settings.SMS_SENDER = "fake"
    tasks.send_sms.delay(to="+8613800000001", text="hello")
    assert taken == [{"to": "+8613800000001", "text": "hello"}]


def test_a_failed_sms_is_tried_again_and_not_shown_as_sent(settings, monkeypatch):
    def fail(**message):
        raise sms.NotSent

    monkeypatch.setitem(sms.SENDERS, "fake", fail)
    settings.SMS_SENDER = "fake"
    monkeypatch.setattr(tasks.send_sms, "retry", lambda **kwargs: Retry())
    with pytest.raises(Retry):
        tasks.send_sms("+8613800000001", "hello")
    assert not sent.latest()


@pytest.mark.parametrize("task", [tasks.send_sms, tasks.send_email])
def test_celery_is_told_not_to_log_the_arguments(monkeypatch, task):
    told = {}
    monkeypatch.setattr(DjangoTask, "apply_async", lambda self, args, kwargs, **options: told.update(options))
    task.delay("+8613800000001", "123456")
    assert told == {"argsrepr": "hidden", "kwargsrepr": "hidden"}


def test_an_email_goes_out_and_is_kept():
    tasks.send_email.delay(to=["lin@example.com"], subject="S", text="T", html="<p>T</p>")
    assert mail.outbox[0].alternatives[0].content == "<p>T</p>"
    assert [(message.kind, message.to, message.subject) for message in sent.latest()] == [
        ("email", "lin@example.com", "S")
    ]


def test_a_hundred_are_kept_the_newest_first():
    for number in range(sent.MOST + 5):
        sent.keep(kind="sms", to="+8613800000001", text=str(number), at=AT)
    kept = sent.latest()
    assert len(kept) == sent.MOST
    assert kept[0].text == str(sent.MOST + 4)


def test_nothing_is_kept_in_production(settings):
    settings.PRODUCTION = True
    sent.keep(kind="sms", to="+8613800000001", text="1", at=AT)
    assert not sent.latest()


@pytest.mark.django_db
def test_the_page_shows_them(client):
    sent.keep(kind="sms", to="+8613800000001", text="first", at=AT)
    sent.keep(kind="email", to="lin@example.com", subject="About", text="second", at=AT)
    page = client.get("/dev/outbox/").content.decode()
    assert page.index("second") < page.index("About") + 200
    assert page.index("second") < page.index("first")
