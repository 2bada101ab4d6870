"""Points by hand wait for a second person above a sum of the day (B11): what whoever decides is shown."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core import approvals
from core.formats import grouped, price_text, signed
from points.grants.models import Adjustment, BulkGrant
from points.grants.parameters import ADJUST_APPROVAL_ABOVE
from points.grants.services import adjusting, granting
from points.ledger import queries

APPROVE_POINTS = "points.approve_adjustment"
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
