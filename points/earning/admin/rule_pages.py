"""What all staff pages about one version of the earning rules are made of."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import actors, clock
from core import staff_tables as tables
from core.staff import StaffPages
from points.earning import wording
from points.earning.models import RuleSetVersion
from points.earning.queries import rule_sets as queries
from points.earning.rules import engine, goods, saying
from points.tiers import rules as tiers

DRAFT, RELEASE = "points.draft_rules", "points.release_rules"


class RulePages(StaffPages):
    """Finds the version, and shows acts on it."""

    def _act(self, request, version, form, act, title, label, *, facts=None, **more):
        facts = facts or [(_("Version"), f"{version} {version.name}")]
        return self.act_page(
            request, form, act, title=title, label=label, back_url=page_of(version), facts=facts, **more
        )

    def _version(self, number):
        text = str(number)
        version = RuleSetVersion.objects.filter(pk=text).first() if text.isdecimal() and len(text) < 10 else None
        if version is None:
            raise Http404
        return version


def need(request, permission):
    if not request.user.has_perm(permission):
        raise PermissionDenied


def who(request):
    return {"by": actors.staff(request.user.pk), "at": clock.now()}


def page_of(version):
    return reverse("admin:points_rulesetversion_change", args=[version.pk])


def list_url():
    return reverse("admin:points_rulesetversion_changelist")


def share(percent):
    """A share of the members, and how many they are by now: ``20% (about 1,240 members)``."""
    if not percent:
        return _("pilots alone")
    members = queries.members_of(percent)
    text = ngettext("%(percent)s%% (about %(n)s member)", "%(percent)s%% (about %(n)s members)", members)
    return text % {"percent": percent, "n": f"{members:,}"}


def examples(version, at):
    """What the version would book, beside the rules for everybody: ``(warnings, tables)`` of an act's page; nothing for
    one that cannot be built."""
    try:
        rule_set = engine.build(str(version), version.rules)
    except queries.NOT_READABLE:
        return [], []
    before = queries.for_all(at)
    try:
        warnings = [wording.doubt(found) for found in queries.doubts_about(rule_set, at)]
        with queries.tried():
            found = saying.beside(before, rule_set, queries.earners(), at, goods.names())
    except queries.NotTried as error:
        return [str(error)], []
    rows = [
        [wording.goods(names), f"¥{yuan:,}", *(f"{old:,} → {new:,}" for old, new in pairs)]
        for names, yuan, pairs in found
    ]
    title = _("Points by %(before)s, the rules for everybody, and by %(after)s") % {
        "before": before.version,
        "after": rule_set.version,
    }
    headers = [_("Goods"), _("Paid"), *(tier.title for tier in tiers.all_tiers())]
    return warnings, [tables.table(title, headers, rows)]
