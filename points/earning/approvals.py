"""Large changes of rules and scripts wait for a second person (C7, C8): what that person is shown."""

import difflib
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core import approvals
from core.formats import grouped, shop_time
from points.earning import wording
from points.earning.models import Script
from points.earning.queries.rule_sets import NotTried
from points.earning.rules import goods
from points.earning.services import releasing

APPROVE_RULES = "points.approve_rules"
MOST_CHANGES = 12
ACTS = {
    "release": _("Release"),
    "widen": _("Change the share"),
    "pilots": _("Pilot members"),
    "stop": _("Stop"),
}


def _facts_of_rules(approval, at):
    version, terms = releasing.version_of(approval), approval.data["terms"]
    url = reverse("admin:points_rulesetversion_change", args=[version.number])
    link = format_html('<a class="text-primary-600 underline" href="{}">{} {}</a>', url, version, version.name)
    facts = [(_("What is done"), ACTS[approval.data["act"]]), (_("Version"), link)]
    if "percent" in terms:
        facts.append((_("Percent of members"), f"{terms['percent']}%"))
    if "starts_at" in terms:
        facts.append((_("Starts at"), shop_time(datetime.fromisoformat(terms["starts_at"]))))
    if pilots := terms.get("pilots") or terms.get("members"):
        facts.append((_("Pilot members"), grouped(len(pilots))))
    if terms.get("announcement"):
        facts.append((_("Announcement"), terms["announcement"]))
    try:
        scripts, changes = releasing.effect(approval, at)
    except NotTried as error:
        return [*facts, (_("What it changes"), error)]
    titles = Script.objects.filter(code__in=scripts).values_list("name", flat=True)
    facts += [(_("New script"), title) for title in titles]
    names, said = goods.names(), {}
    for change in changes:
        what, figures = wording.change_of(change, names)
        said.setdefault(what, figures)
    return [*facts, *list(said.items())[:MOST_CHANGES]]


def _facts_of_script(approval, at):
    script, before, after = releasing.sources(approval)
    url = reverse("admin:points_script_change", args=[script.pk])
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    changed = "\n".join(list(lines)[2:])  # without the names of two files
    return [
        (_("Script"), format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, script.name)),
        (_("Change"), format_html('<pre class="overflow-x-auto text-sm">{}</pre>', changed)),
    ]


approvals.register(
    approvals.Kind(
        name=releasing.RULES,
        label=_("Earning rules"),
        permission=APPROVE_RULES,
        run=releasing.run_rules,
        facts=_facts_of_rules,
    )
)
approvals.register(
    approvals.Kind(
        name=releasing.SCRIPT,
        label=_("Rule script"),
        permission=APPROVE_RULES,
        run=releasing.run_script,
        facts=_facts_of_script,
    )
)
