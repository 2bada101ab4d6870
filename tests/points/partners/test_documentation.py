"""The page for a partner's developer is true: its example is computed, its tables are compared."""

import re
from pathlib import Path

from django.conf import settings

from core.errors import DomainError
from points.partners import signing
from points.partners.api import api, problems
from points.partners.models import Event, Scope
from points.partners.services import webhooks

PAGE = (Path(settings.BASE_DIR) / "docs" / "partner-api.md").read_text()


def example(language):
    return re.search(rf"```{language}\n(.*?)\n```", PAGE, re.S)[1]


def test_the_worked_example_is_right():
    head, body = example("http").split("\n\n")
    request, *lines = head.split("\n")
    headers = dict(line.split(": ", 1) for line in lines)
    method, path, _version = request.split()
    secret = re.search(r"With the secret `(.*?)`", PAGE)[1]
    text = signing.canonical(method, path, "", body.encode(), headers["X-Timestamp"], headers["X-Nonce"])
    assert text == example("text")
    assert headers["X-Signature"] == signing.sign(secret, text)


def test_the_program_of_the_page_signs_as_the_mall_does():
    names = {}
    exec(example("python"), names)  # noqa: S102 - the page's own program
    arguments = ("GET", "/api/v1/members/+86 客/balance", "a=%20&b", b"body", "1795147200", "5f0c2f4e9a7b4d1c")
    assert names["signature"]("secret", *arguments) == signing.sign("secret", signing.canonical(*arguments))


def test_every_operation_scope_and_event_is_named():
    for path in api.get_openapi_schema()["paths"]:
        short = path.removeprefix("/api/v1").replace("/deductions/{number}", "/deductions/{id}")
        assert short in PAGE or f"...{short.removeprefix('/deductions/{id}')}" in PAGE, path
    for name in [*Scope.values, *Event.values]:
        assert f"`{name}`" in PAGE, name


def test_the_codes_of_the_page_are_those_of_the_mall():
    codes, kinds = set(), [DomainError]
    while kinds:
        kind = kinds.pop()
        codes.add(kind.code)
        kinds += kind.__subclasses__()
    table = PAGE.split("## Refusals")[1].split("## Webhooks")[0]
    for status, names in re.findall(r"\| (\d+) \| (.*?) \|", table):
        for code in re.findall(r"`(\w+)`", names):
            assert code in codes, code
            refusal = type("Refusal", (DomainError,), {"code": code})()
            assert problems.status_of(refusal) == int(status), code
    assert set(problems.STATUSES) <= codes


def test_the_schedule_of_the_page_is_that_of_the_mall():
    said = re.search(r"tries again after (.*?), then stops", PAGE, re.S)[1]
    minutes = [int(n) * (60 if unit == "hour" else 1) for n, unit in re.findall(r"(\d+)\s(minute|hour)", said)]
    assert minutes == [wait.total_seconds() / 60 for wait in webhooks.WAITS]
