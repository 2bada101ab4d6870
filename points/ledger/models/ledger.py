"""The tables of the points ledger. Only the functions in ``points/ledger/sql/`` write them; Python calls those by
``points.ledger``.

Entries, lots and holds of an account are numbered together, 1, 2, 3 ..., from ``last_seq`` of the account row, which
every operation locks first. So every key contains the account, no sequence is shared, and the tables can be
distributed by account. No number is left out or used twice, except that an earning and its lot are one number.

What the account row caches does not depend on the clock:

* ``unspent`` = sum of ``remaining`` of its lots,
* ``held`` = sum of its open holds,
* ``unspent + held - debt`` = sum of its entries.

What is *spendable at a moment* is ``unspent``, less the lots not active yet, less the lots that ended and were not
swept yet (``points_spendable`` in ``points/ledger/sql/``). The lots that ended lead the index ``points_lot_to_use``,
and lots not active yet are only looked for while ``pending_until`` lies ahead; for nearly every member both are empty
probes. So nobody has to move points from "pending" to "available" in time, and a late sweep lets nothing dead be spent.
``points.ledger.audit`` proves the three equations, and everything below them, from the entries up.

What a member owes, ``debt``, comes from a clawback that did not find its points (B8). Such an entry stands in full;
its allocations say what was taken, and each later credit pays debt first, as further allocations to that entry. So the
debt of an account is what its clawbacks still lack.

What a row may look like is one function of the whole row behind one constraint, because PostgreSQL reads the text of a
constraint anew for every posting. Rows are never deleted (``points/ledger/sql/setup/guards.sql``), and the functions
point only at rows that they have just read under the lock: so there are no foreign keys inside the ledger, and the
audit proves that none is missed.
"""

from datetime import UTC, datetime

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What an entry is for."""

    SIGN_UP = "sign_up", _("Welcome gift")
    SIGN_IN = "sign_in", _("Daily sign-in")
    PURCHASE = "purchase", _("Purchase reward")
    CAMPAIGN = "campaign", _("Activity reward")
    ADJUST = "adjust", _("Adjustment")
    REFUND = "refund", _("Points returned")
    REDEEM = "redeem", _("Redemption")
    EXPIRE = "expire", _("Points ended")
    CLAWBACK = "clawback", _("Reward taken back")
    BEGIN = "begin", _("Usable from")


EARNED = (Kind.SIGN_UP, Kind.SIGN_IN, Kind.PURCHASE, Kind.CAMPAIGN, Kind.ADJUST)
UNDATED = datetime(9999, 1, 1, tzinfo=UTC)  # points_undated() of the database
SPENT = (Kind.REDEEM, Kind.ADJUST, Kind.EXPIRE, Kind.CLAWBACK)
ENTRY_SOUND = Func(
    "kind", "points", "hold_seq", "reverses", function="points_entry_sound", output_field=models.BooleanField()
)


def sound(table: str) -> models.CheckConstraint:
    """The constraint that a row of ``table`` is as the function ``<table>_sound`` in ``points/ledger/sql/`` says."""
    whole_row = Func(template=f"{table}_sound({table})", output_field=models.BooleanField())
    return models.CheckConstraint(condition=whole_row, name=f"{table}_sound")


class PointsAccount(models.Model):
    """The points of one member; made by the first earning, never deleted. Its row is the lock of the account."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        primary_key=True,
        db_column="account_id",
        related_name="points_account",
        verbose_name=_("member"),
    )
    last_seq = models.IntegerField(_("last number"))
    head = models.BinaryField(_("hash of the last entry"), max_length=32)
    unspent = models.BigIntegerField(_("points in lots"))
    held = models.BigIntegerField(_("held"))
    debt = models.BigIntegerField(_("debt"))
    lifetime_earned = models.BigIntegerField(_("earned in all"))
    pending_until = models.DateTimeField(_("no lot activates after"))
    opened_at = models.DateTimeField(_("opened at"))

    class Meta:
        db_table = "points_account"
        verbose_name = _("points account")
        verbose_name_plural = _("points accounts")
        constraints = [sound("points_account")]

    def __str__(self) -> str:
        return str(self.member)


class PointsEntry(models.Model):
    """One change of points, for ever (B1): a trigger refuses UPDATE, DELETE and TRUNCATE.

    ``balance_after`` is the sum of the account's entries so far. ``hash`` chains all columns to the entry before
    (``points_entry_hash``). ``active_from`` and ``expires_at`` are those of an earning's lot. ``hold_seq`` is the hold
    that a capture turned into this entry, ``reverses`` the debit whose points a refund gives back, the earning that a
    clawback takes back, or the one that begins.

    An earning whose ``active_from`` is ``UNDATED`` is not usable until an entry of 0 points, of kind BEGIN, says from
    when and until when; the last such entry counts, and may say ``UNDATED`` again (B5).

    ``breakdown`` says how the number came about. Of an earning: ``{"steps": [[text, result], ...]}``, in order, or
    ``[text, result, values]`` with an English ``text`` that is translated when it is read, its values put in. Of
    a refund: ``{"pieces": [piece, ...]}`` with ``piece = {"lot": seq, "points": n, "expires_at": ISO 8601 or null,
    "grace": bool}``. Either has ``"debt": n`` where it paid what the member owed. Of a clawback: ``{"asked": n,
    "policy": text, "owed": n}``.
    """

    pk = models.CompositePrimaryKey("account_id", "seq")
    account = models.ForeignKey(
        PointsAccount,
        models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
        verbose_name=_("points account"),
    )
    seq = models.IntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    points = models.IntegerField(_("points"))
    balance_after = models.BigIntegerField(_("balance after"))
    at = models.DateTimeField(_("at"))
    key = models.CharField(_("key"), max_length=128)
    source = models.CharField(_("source"), max_length=64)
    reason = models.CharField(_("reason"), max_length=200)
    by = models.CharField(_("by"), max_length=64)
    rule_version = models.CharField(_("rule version"), max_length=32)
    breakdown = models.JSONField(_("breakdown"), null=True)
    active_from = models.DateTimeField(_("active from"), null=True)
    expires_at = models.DateTimeField(_("ends at"), null=True)
    hold_seq = models.IntegerField(_("hold"), null=True)
    reverses = models.IntegerField(_("gives back"), null=True)
    hash = models.BinaryField(_("hash"), max_length=32)

    class Meta:
        db_table = "points_entry"
        verbose_name = _("points entry")
        verbose_name_plural = _("points entries")
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="points_entry_key"),
            # Signs, kinds and links. Four columns, because a row this wide costs more to hand over.
            models.CheckConstraint(condition=ENTRY_SOUND, name="points_entry_sound"),
        ]
        indexes = [
            models.Index(fields=["account", "at"], name="points_entry_by_time"),
            # Entries lie in the order of their time, so a summary of each range of pages finds the days of the mall.
            BrinIndex(fields=["at"], name="points_entry_of_day", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.seq} {self.points:+d}"


class PointsLot(models.Model):
    """Points of one age. ``open`` follows ``remaining``, so that an index of open lots does not stand in its way.

    A lot's number is its earning's, except for a *grace lot*: points given back after their lot, ``origin``, had ended.
    """

    pk = models.CompositePrimaryKey("account_id", "seq")
    account = models.ForeignKey(
        PointsAccount,
        models.PROTECT,
        related_name="lots",
        db_index=False,
        db_constraint=False,
        verbose_name=_("points account"),
    )
    seq = models.IntegerField(_("number"))
    points = models.IntegerField(_("points"))
    remaining = models.IntegerField(_("remaining"))
    open = models.GeneratedField(
        expression=Q(remaining__gt=0),  # type: ignore[arg-type] # Django takes a Q, its stubs do not know
        output_field=models.BooleanField(),
        db_persist=True,
        verbose_name=_("open"),
    )
    active_from = models.DateTimeField(_("active from"))
    expires_at = models.DateTimeField(_("ends at"), null=True)
    origin = models.IntegerField(_("given back from lot"), null=True)

    class Meta:
        db_table = "points_lot"
        verbose_name = _("points lot")
        verbose_name_plural = _("points lots")
        constraints = [sound("points_lot")]
        indexes = [
            models.Index(
                fields=["account", "expires_at", "active_from", "seq"],
                name="points_lot_to_use",
                condition=Q(open=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.seq} {self.remaining}/{self.points}"


class PointsHold(models.Model):
    """Points set aside for an order that is not paid yet (B6). They left their lots, and do not end meanwhile.

    ``expires_at`` says by when its owner means to settle it; the ledger itself never ends a hold. ``outcome`` of a
    released hold has the shape of a refund's ``breakdown``. ``hash`` covers all columns (``points_hold_hash``); NULL is
    for rows of a version before that no migration has come to yet, and a break for the audit.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CAPTURED = "captured", _("Captured")
        RELEASED = "released", _("Released")

    pk = models.CompositePrimaryKey("account_id", "seq")
    account = models.ForeignKey(
        PointsAccount,
        models.PROTECT,
        related_name="holds",
        db_index=False,
        db_constraint=False,
        verbose_name=_("points account"),
    )
    seq = models.IntegerField(_("number"))
    points = models.IntegerField(_("points"))
    state = models.CharField(_("state"), max_length=8, choices=State)
    key = models.CharField(_("key"), max_length=128)
    source = models.CharField(_("source"), max_length=64)
    by = models.CharField(_("by"), max_length=64)
    at = models.DateTimeField(_("at"))
    expires_at = models.DateTimeField(_("to be settled by"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_by = models.CharField(_("ended by"), max_length=64)
    entry_seq = models.IntegerField(_("captured by entry"), null=True)
    release_key = models.CharField(_("release key"), max_length=128, null=True)
    outcome = models.JSONField(_("outcome"), null=True)
    hash = models.BinaryField(_("hash"), max_length=32, null=True)

    class Meta:
        db_table = "points_hold"
        verbose_name = _("points hold")
        verbose_name_plural = _("points holds")
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="points_hold_key"),
            models.UniqueConstraint(fields=["account", "release_key"], name="points_hold_release_key"),
            sound("points_hold"),
        ]
        indexes = [
            models.Index(fields=["account", "seq"], name="points_hold_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.seq} {self.points} {self.state}"


class PointsAllocation(models.Model):
    """Which lot paid for which entry or hold, ``taker``, in order of ``position``.

    A capture leaves the allocations with its hold. ``returned`` points came back by release or refund: to their lot,
    or, when that had ended, to a grace lot. Without grace they go back to the ended lot, where nobody can spend them
    and the next expiry run books them out.
    """

    pk = models.CompositePrimaryKey("account_id", "taker", "position")
    account = models.ForeignKey(
        PointsAccount,
        models.PROTECT,
        related_name="allocations",
        db_index=False,
        db_constraint=False,
        verbose_name=_("points account"),
    )
    taker = models.IntegerField(_("entry or hold"))
    position = models.IntegerField(_("position"))
    lot = models.IntegerField(_("lot"))
    points = models.IntegerField(_("points"))
    returned = models.IntegerField(_("given back"))

    class Meta:
        db_table = "points_allocation"
        verbose_name = _("points allocation")
        verbose_name_plural = _("points allocations")
        constraints = [sound("points_allocation")]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.taker}.{self.position} {self.points}"
