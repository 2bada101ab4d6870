"""What members of two versions of the rules earn and use, side by side (C9)."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from points.earning.queries import rule_sets
from points.ledger.models import PointsAccount

MOST_MEMBERS = 5_000  # of each group: the groups are drawn by a hash, so a part of one stands for it
MOST_LOOKED_AT = 500_000
SCAN = 10_000

SUMS = """
SELECT
    (SELECT count(DISTINCT account_id) FROM points_entry
     WHERE account_id = ANY (%(members)s) AND at >= %(start)s AND kind = ANY (%(earned)s)),
    (SELECT coalesce(sum(points) FILTER (WHERE kind = ANY (%(earned)s) OR kind = 'clawback'), 0)
     FROM points_entry WHERE account_id = ANY (%(members)s) AND at >= %(start)s),
    (SELECT coalesce(-sum(points) FILTER (WHERE kind IN ('redeem', 'refund')), 0)
     FROM points_entry WHERE account_id = ANY (%(members)s) AND at >= %(start)s),
    (SELECT count(*) FROM points_purchase WHERE member_id = ANY (%(members)s) AND paid_at >= %(start)s),
    (SELECT coalesce(sum(amount_fen - refunded_fen), 0)
     FROM points_purchase WHERE member_id = ANY (%(members)s) AND paid_at >= %(start)s),
    (SELECT coalesce(sum(points - points_back), 0)
     FROM points_purchase WHERE member_id = ANY (%(members)s) AND paid_at >= %(start)s)
"""
EARNED = ["sign_up", "sign_in", "purchase", "campaign"]  # what rules give; corrections by hand are not theirs


@dataclass(frozen=True, slots=True)
class Group:
    """Of ``members`` members ``earners`` earned ``earned`` points net of what was taken back, and used ``used`` net of
    what was returned; ``purchases`` purchases of ``paid_fen`` gave ``purchase_points``."""

    version: str
    members: int
    earners: int
    earned: int
    used: int
    purchases: int
    paid_fen: int
    purchase_points: int

    @property
    def earned_each(self):
        """Points earned by a member."""
        return _part(self.earned, self.members)

    @property
    def used_each(self):
        """Points used by a member."""
        return _part(self.used, self.members)

    @property
    def burn(self):
        """Points used for each one earned."""
        return _part(self.used, self.earned)

    @property
    def points_a_yuan(self):
        """Points of purchases for each yuan paid."""
        return _part(self.purchase_points * 100, self.paid_fen)


def compare(version, *, at):
    """``(group of the version, group of whoever has another)`` since its start; members with an account only, at most
    ``MOST_MEMBERS`` of each. None where the version has not started."""
    release = next((one for one in rule_sets.releases() if one.rule_set.version == version), None)
    if release is None or release.starts[0] > at:
        return None
    served, others = _draw(version, at)
    return _sums(version, served, release.starts[0]), _sums("", others, release.starts[0])


def _draw(version, at):
    """Ids of members of both groups, by number of account."""
    served, others, last = [], [], 0
    for _look in range(MOST_LOOKED_AT // SCAN):
        ids = list(PointsAccount.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:SCAN])
        if not ids or (len(served) >= MOST_MEMBERS and len(others) >= MOST_MEMBERS):
            break
        last = ids[-1]
        for member_id in ids:
            group = served if rule_sets.for_member(member_id, at).version == version else others
            if len(group) < MOST_MEMBERS:
                group.append(member_id)
    return served, others


def _sums(version, members, start):
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {"members": members, "start": start, "earned": EARNED})
        return Group(version, len(members), *(int(figure) for figure in cursor.fetchone()))


def _part(one, whole):
    return round(Decimal(one) / whole, 2) if whole else None
