"""Staff read Chinese: no actor's id, no code and no English word on a list or a page of a row (A1)."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from accounts.models import User
from catalog.models import SKU, Category
from core import codes, outbox
from core.models import OutboxMessage
from orders.models import Carrier
from points.earning.models import Script
from points.partners.models import Partner, PartnerKey
from tests import scenes, staff_pages

ALLOWED = {
    "SKU", "CSV", "XLSX", "Excel", "ID", "URL", "API", "IP", "UTC", "https", "mL", "Lucide", "esc",
    "Command", "Control", "Mac",  # Django's help for choosing several
    "JPEG", "PNG", "WebP",
}  # fmt: skip
SEARCHED = "order:2026112000048、staff:3或order.shipped", "member.signed_up", "{number}"  # what to type, said in helps
LATIN = re.compile(r"[A-Za-z][A-Za-z_.:]*[A-Za-z]")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
UNSEEN = {"script", "style", "svg", "pre", "code", "textarea", "template"}
IN_SCRIPTS = re.compile(r"""\bgettext\((['"])(.+?)\1\)""")


class Text(HTMLParser):
    """What a page says: its text and the words in its fields; icons, sources and what scripts read left out."""

    def __init__(self):
        super().__init__()
        self.said, self.hidden = [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if self.hidden or tag in UNSEEN or "material-symbols" in (attrs.get("class") or ""):
            if tag not in {"input", "img", "br", "link", "meta", "path", "hr", "source"}:
                self.hidden.append(tag)
        else:
            self.said += [attrs[name] for name in ("title", "placeholder", "aria-label", "alt") if attrs.get(name)]

    def handle_endtag(self, tag):
        if self.hidden and self.hidden[-1] == tag:
            self.hidden.pop()

    def handle_data(self, data):
        if not self.hidden and data.strip():
            self.said.append(data.strip())


@pytest.fixture(scope="module")
def mall(django_db_setup, django_db_blocker, tmp_path_factory):
    """A client of the first of the staff, in the demo's mall."""
    with django_db_blocker.unblock(), scenes.demo(tmp_path_factory.mktemp("files")) as demo:
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(demo.boss)
        yield client


def names():
    """What people and machines named themselves, longest first: it is shown as it is."""
    columns = [
        (User, "username"), (SKU, "code"), (Category, "name_en"), (Carrier, "code"),
        (Carrier, "name"), (Carrier, "name_en"), (Partner, "code"), (Partner, "webhook_url"), (PartnerKey, "name"),
        (Script, "code"), (OutboxMessage, "key"),
    ]  # fmt: skip
    found = {name for model, column in columns for name in model.objects.values_list(column, flat=True) if name}
    return sorted(found, key=len, reverse=True)


def said_by(path, html, named):
    """``(word, where)`` of what is neither Chinese nor a name. Codes of categories are kept where categories are."""
    if path.startswith("/admin/catalog/category/"):
        named = [*named, *Category.objects.values_list("code", flat=True)]
    text = Text()
    text.feed(html)
    return {
        (word, said[:60]) for said in text.said for word in LATIN.findall(_unnamed(said, named)) if word not in ALLOWED
    }


def _unnamed(said, named):
    for name in (*named, *SEARCHED):
        said = re.sub(re.escape(name), "", said, flags=re.IGNORECASE) if name.lower() in said.lower() else said
    return UUID.sub("", said)


def test_every_event_of_the_trail_has_words():
    """A new event needs its words in ``core.codes``."""
    called = re.compile(
        r"""(?:audit\.record|_record)\(\s*"([a-z_]+\.[a-z_]+)"|event(?:, [a-z_]+)* = .*?"([a-z_]+\.[a-z_]+)\""""
    )
    apps = ("core", "accounts", "catalog", "points", "orders", "activities", "analytics")
    sources = [path.read_text() for app in apps for path in Path(settings.BASE_DIR, app).rglob("*.py")]
    found = {name for source in sources for pair in called.findall(source) for name in pair if name}
    assert len(found) > 50
    assert found - codes.EVENTS.keys() == set()


def test_every_topic_of_the_outbox_has_words():
    assert outbox._handlers.keys() - codes.TOPICS.keys() == set()


@pytest.mark.django_db
def test_every_list_and_page_is_in_chinese(mall):
    named = names()
    pages = [(path, page) for _name, path, page in staff_pages.all_pages(mall) if page]
    found = {path: words for path, page in pages if (words := said_by(path, page.content.decode(), named))}
    assert not found, "\n".join(f"{path}: {sorted(words)}" for path, words in found.items())


@pytest.mark.django_db
def test_the_scripts_of_the_pages_have_chinese_words(mall):
    """What Django's script says where many are chosen of a list, as for a group."""
    source = Path(finders.find("admin/js/SelectFilter2.js")).read_text()
    words = {text for _quote, text in IN_SCRIPTS.findall(source)}
    catalogue = mall.get(reverse("admin:jsi18n")).text
    assert len(words) > 5
    assert [text for text in sorted(words) if f"{json.dumps(text)}: " not in catalogue] == []


@pytest.mark.django_db
def test_a_new_script_begins_with_hints_in_chinese(mall):
    form = mall.get(reverse("admin:points_script_add")).context["form"]
    hints = [line for line in form.initial["source"].splitlines() if line.startswith("//")]
    assert hints
    assert all(re.search("[\u4e00-\u9fff]", line) for line in hints)
