"""Rules in JavaScript: which version of a script serves, and what happens when it fails (C7).

A script defines ``calculatePoints(userLevel, amount, isImported)``: the tier as one of the constants ``NORMAL``,
``SILVER``, ``GOLD``, ``DIAMOND``, the yuan paid for all goods of a category, whether that is among the imported ones;
as a fourth argument it may take ``{points, category, multiplier}``, with the points that the rules above gave. Its
result is the points of the category; the engine rounds them together with the others. It is read anew for each category
of each purchase: what it kept in a variable is gone by the next one. A version that fails is not tried
again by this process from that moment on, and by the others as soon as ``on_failure`` has written it down; the version
before it takes over in the same call.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from core.live import Live
from core.parameters import Parameter
from points.earning.models import ScriptVersion
from points.earning.rules import sandbox
from points.earning.rules.builtin import codes_of
from points.earning.rules.engine import FEN, Earner, Name, PurchaseDraft, Rule, Words, register

KEPT = 5  # versions of a script in line to take over


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a script that may serve."""

    pk: int
    number: int
    name: str
    source: str


@register
class Script(Rule):
    """The points of each category as a script says."""

    code = "script"
    categories_in = ("imported",)
    label = _("Script")
    help = _("Its result takes the place of what the rules above gave; the script can read that.")
    fields = (
        Parameter("script", "", _("script"), help=_("Its code, from the list of scripts.")),
        Parameter(
            "imported",
            "imported_fruit",
            _("imported categories"),
            help=_("Category codes with commas between them; for these isImported is true."),
        ),
        Parameter("text", "", _("in words"), help=_("What members read of it on the rules page.")),
    )
    script: str
    imported: str
    text: str

    def __init__(self, **figures: Any) -> None:
        super().__init__(**figures)
        self._imported = codes_of(self.imported)

    def purchase_points(self, draft: PurchaseDraft) -> None:
        """By the first version in line that works; where none does, the points stay as they were."""
        self.purchases_points([draft])

    def purchases_points(self, drafts: list[PurchaseDraft]) -> None:
        """Each as alone. All that a version works before it fails at one purchase counts by that version."""
        left = drafts
        for version in in_line(self.script):
            lines = [self._line(draft, number) for draft in left for number in range(len(draft.lines))]
            points, failure = sandbox.call_many(version.pk, version.source, lines)
            left = _worked(version, left, points)
            if failure is None:
                return
            mark_failed(version, str(failure))

    def _line(self, draft: PurchaseDraft, number: int) -> sandbox.Line:
        line, earner = draft.lines[number], draft.earner
        return (
            earner.tier,
            float(line.amount_fen * FEN),
            line.category in self._imported,
            float(draft.points[number]),
            line.category,
            float(earner.multiplier),
        )

    @property
    def proportional(self) -> bool:  # type: ignore[override] # it changes while the mall runs
        """While no version serves it changes nothing."""
        return next(in_line(self.script), None) is None

    def goods(self) -> dict[str, Name]:
        return {code: {} for code in self._imported}

    def broken(self) -> Words | None:
        if next(in_line(self.script), None) is None:
            return gettext_noop("Rule %(n)s: no version of the script serves, the points stay as they were."), {}
        return None

    def words(self, earners: Sequence[Earner]) -> Words:
        version = next(in_line(self.script), None)
        if version is None:
            return gettext_noop("No version of the script serves: the points stay as they were."), {}
        return gettext_noop("By the script “%(name)s”, version %(version)s."), {
            "name": version.name,
            "version": str(version.number),
        }

    def sentence(self, earner: Earner) -> Words | None:
        return (self.text, {}) if self.text else None


def _worked(version: Version, drafts: list[PurchaseDraft], points: list[Decimal]) -> list[PurchaseDraft]:
    """Write the points of lines into the drafts; returns the drafts that they are not enough for."""
    taken = 0
    for number, draft in enumerate(drafts):
        own = points[taken : taken + len(draft.lines)]
        if len(own) < len(draft.lines):
            return drafts[number:]
        taken += len(own)
        draft.points[:] = own
        if draft.steps and not sandbox.takes_facts(version.source):
            draft.steps.clear()  # what the rules above gave is thrown away
        draft.step(
            gettext_noop("By the rule “%(name)s”, version %(version)s"),
            name=version.name,
            version=str(version.number),
        )
    return []


REPORT_S = 0.5  # a failure that is not written down yet is reported again so often, not at every purchase
_failed: dict[
    int, tuple[str, float]
] = {}  # seen by this process, not known to be written down yet: {pk: (why, next report)}


def in_line(code: str) -> Iterator[Version]:
    """The versions of a script to try, in order; those that this process saw fail are passed over, and reported until
    somebody has written it down."""
    for version in SCRIPTS.get().get(code, ()):
        if version.pk in _failed:
            _report(version)
        else:
            yield version


def mark_failed(version: Version, why: str) -> None:
    """This process tries the version no more."""
    _failed.setdefault(version.pk, (why, 0.0))
    _report(version)


def _report(version: Version) -> None:
    # The transaction that reported first may have been rolled back, and with it what it wrote.
    entry = _failed.get(version.pk)
    if entry is None or monotonic() < entry[1]:
        return
    _failed[version.pk] = (entry[0], monotonic() + REPORT_S)
    for listener in listeners:
        listener(version, entry[0])


listeners: list[
    Callable[[Version, str], object]
] = []  # called with a ``Version`` and why it failed; the services put theirs in


def reported(pk: int) -> None:
    """The failure stands in the database: it need not be remembered here."""
    SCRIPTS.forget()
    _failed.pop(pk, None)


def trial(source: str, tier: str, amount: Decimal, is_imported: bool) -> Decimal:
    """What a source gives for one line, ``Decimal``; raises ``Failed``. In a context of its own."""
    return sandbox.call(None, source, tier, float(amount), is_imported, 0.0, "", 1.0)


def _load() -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    rows = ScriptVersion.objects.filter(activated_at__isnull=False, failed_at__isnull=True)
    for row in rows.select_related("script").order_by("-activated_at", "-pk"):
        line = found.setdefault(row.script.code, [])
        if len(line) < KEPT:
            line.append(Version(row.pk, row.number, row.script.name, row.source))
    return found


SCRIPTS = Live("scripts", _load)
