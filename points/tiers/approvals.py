"""Figures of tiers that give something wait for a second person (C12): what whoever decides is shown."""

from django.utils.translation import gettext_lazy as _

from core import approvals
from points.tiers.models import Tier
from points.tiers.services import tier_figures


def _facts_of_tier(approval, at):
    tier = Tier.objects.get(code=approval.data["code"])
    return [(_("Tier"), tier.name), *approvals.changes(Tier, approval)]


approvals.register(
    approvals.Kind(
        name=tier_figures.KIND,
        label=_("Figures of a tier"),
        permission=approvals.FIGURES,
        run=tier_figures.run,
        facts=_facts_of_tier,
    )
)
