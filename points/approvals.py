"""What of points needs a second person: the kinds (``core.approvals``), what each does and says to whoever decides."""

import difflib
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core import approvals
from core.templatetags.mall import points as grouped
from core.templatetags.mall import price_text, shop_time, signed
from points import queries, wording
from points.models import Adjustment, BulkGrant, Partner, PartnerKey, Scope, Script, Tier
from points.parameters import ADJUST_APPROVAL_ABOVE
from points.rules import goods
from points.services import adjusting, granting, releasing, tier_figures
from points.services.partners import opening

APPROVE_POINTS, APPROVE_RULES = "points.approve_adjustment", "points.approve_rules"
APPROVE_FIGURES = "core.approve_parametervalue"
MOST_CHANGES = 12
POINTS = {"unit": "points", "limit": lambda: ADJUST_APPROVAL_ABOVE.value, "amount": price_text}


def _facts_of_adjustment(approval, at):
    adjustment = Adjustment.objects.select_related("member").get(approval=approval)
    return [
        (_("Member"), adjustment.member),
        (_("Points"), signed(adjustment.points)),
        (_("Available now"), grouped(queries.balance(adjustment.member_id, at=at).available)),
        (_("Reason"), adjustment.get_reason_display()),
    ]


def _facts_of_grant(approval, at):
    grant = BulkGrant.objects.defer("content", "lines", "refused").get(approval=approval)
    url = reverse("admin:points_bulkgrant_change", args=[grant.pk])
    return [
        (_("File"), format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, grant.name)),
        (_("Good lines"), grouped(grant.good_lines)),
        (_("Members"), grouped(len(approval.shares))),
        (_("Points in all"), grouped(approval.amount)),
        (_("Most for one member"), grouped(max(approval.shares.values(), default=0))),
        (_("Refused lines"), grouped(grant.refused_lines)),
    ]


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
    scripts, changes = releasing.effect(approval, at)
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


def _facts_of_tier(approval, at):
    tier = Tier.objects.get(code=approval.data["code"])
    return [(_("Tier"), tier.name), *_facts_of_fields(Tier, approval)]


def _facts_of_partner(approval, at):
    partner = Partner.objects.get(pk=approval.data["partner"])
    return [(_("Partner"), _link_to(partner)), *_facts_of_fields(Partner, approval)]


def _facts_of_key(approval, at):
    key = PartnerKey.objects.select_related("partner").defer("secret").get(pk=approval.data["key"])
    return [
        (_("Partner"), _link_to(key.partner)),
        (_("Access key"), key.name),
        (_("The key may"), wording.labels(Scope, key.scopes)),
    ]


def _facts_of_fields(model, approval):
    """``before → after`` of each field that would change."""

    def shown(value):
        return (_("yes") if value else _("no")) if isinstance(value, bool) else _figure(value)

    before, after = approval.data["before"], approval.data["after"]
    return [
        (model._meta.get_field(name).verbose_name, f"{shown(before[name])} → {shown(value)}")
        for name, value in after.items()
    ]


def _figure(value):
    return grouped(value) if isinstance(value, int) else value


def _link_to(partner):
    url = reverse("admin:points_partner_change", args=[partner.pk])
    return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, partner.name)


approvals.register(
    approvals.Kind(
        name=adjusting.KIND,
        label=_("Points by hand"),
        permission=APPROVE_POINTS,
        run=adjusting.run,
        facts=_facts_of_adjustment,
        many=True,
        **POINTS,
    )
)
approvals.register(
    approvals.Kind(
        name=granting.KIND,
        label=_("Points from a file"),
        permission=APPROVE_POINTS,
        run=granting.run,
        drop=granting.drop,
        facts=_facts_of_grant,
        **POINTS,
    )
)
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
for name, label, run, facts in (
    (tier_figures.KIND, _("Figures of a tier"), tier_figures.run, _facts_of_tier),
    (opening.PARTNER, _("Partner and its budgets"), opening.run, _facts_of_partner),
):
    approvals.register(approvals.Kind(name=name, label=label, permission=APPROVE_FIGURES, run=run, facts=facts))
approvals.register(
    approvals.Kind(
        name=opening.KEY,
        label=_("Key of a partner"),
        permission=APPROVE_FIGURES,
        run=opening.run_key,
        drop=opening.drop_key,
        facts=_facts_of_key,
        many=True,
    )
)
