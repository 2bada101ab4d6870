"""What opens a way to points for a partner waits for a second person (H3): what whoever decides is shown."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core import approvals
from points.partners.models import Partner, PartnerKey, Scope
from points.partners.services import opening
from points.partners.wording import labels


def _facts_of_partner(approval, at):
    partner = Partner.objects.get(pk=approval.data["partner"])
    return [(_("Partner"), _link_to(partner)), *approvals.changes(Partner, approval)]


def _facts_of_key(approval, at):
    key = PartnerKey.objects.select_related("partner").defer("secret").get(pk=approval.data["key"])
    return [
        (_("Partner"), _link_to(key.partner)),
        (_("Access key"), key.name),
        (_("The key may"), labels(Scope, key.scopes)),
    ]


def _link_to(partner):
    url = reverse("admin:points_partner_change", args=[partner.pk])
    return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, partner.name)


approvals.register(
    approvals.Kind(
        name=opening.PARTNER,
        label=_("Partner and its budgets"),
        permission=approvals.FIGURES,
        run=opening.run,
        facts=_facts_of_partner,
    )
)
approvals.register(
    approvals.Kind(
        name=opening.KEY,
        label=_("Key of a partner"),
        permission=approvals.FIGURES,
        run=opening.run_key,
        drop=opening.drop_key,
        facts=_facts_of_key,
        many=True,
    )
)
