"""The rules of the ledger in plain Python."""

from collections import defaultdict
from datetime import datetime, timedelta

from points import ledger
from tests.points.conftest import AT

FOREVER = datetime.max.replace(tzinfo=AT.tzinfo)
DAY = timedelta(days=1)


class Refused(Exception):
    pass


class Model:
    """Lots as ``[expires_at, active_from, seq, remaining, origin]``, what each debit and hold took, what each earning
    gave, what is owed, and every answer given. ``renews`` is for how long an earning keeps other points alive, or None.
    """

    def __init__(self, renews):
        self.seq = 0
        self.lots = {}
        self.renews = renews
        self.renewals = []  # (at, until) of each earning
        self.renewed = {}  # lot -> until
        self.since = {}  # key of a taking -> how many renewals there were before it
        self.takings = defaultdict(list)  # key -> [[lot, points not returned yet]], in order of consumption
        self.holds = {}  # key -> [points, state]
        self.debits = {}  # key of the entry -> key of the taking
        self.earned = {}  # key -> [lot, points not taken back yet]
        self.undated = set()  # keys of earnings whose begin is set later
        self.releases = {}
        self.debt = 0
        self.balance = 0
        self.answers = {}

    def number(self):
        self.seq += 1
        return self.seq

    def spendable(self, at):
        return sorted(lot for lot in self.lots.values() if lot[0] > at >= lot[1] and lot[3])

    def available(self, at):
        return sum(lot[3] for lot in self.spendable(at))

    def once(self, key, content, act):
        """``(answer, repeated)``; a key seen before answers as before, or is refused with other content."""
        if key in self.answers:
            before, answer = self.answers[key]
            if before != content:
                raise Refused
            return answer, True
        answer = act()
        self.answers[key] = (content, answer)
        return answer, False

    def within_reach(self, at, own=None):
        """What may be taken back: lot ``own`` and what came of it, ended or not; then active lots; then pending."""
        mine = {number for number, lot in self.lots.items() if own is not None and own in (number, lot[4])}
        lots = [lot for lot in self.lots.values() if lot[2] in mine or lot[0] > at]
        return sorted(lots, key=lambda lot: (lot[2] not in mine, lot[1] > at, lot))

    def collect(self, points, at, own=None):
        wanted = points
        for lot in self.within_reach(at, own):
            taken = min(points, lot[3])
            lot[3] -= taken
            points -= taken
        return wanted - points

    def pay_debt(self, at, own=None):
        paid = self.collect(self.debt, at, own)
        self.debt -= paid
        return paid

    def take(self, key, points, at):
        if points > self.available(at):
            raise Refused
        self.since[key] = len(self.renewals)
        for lot in self.spendable(at):
            taken = min(points, lot[3])
            if taken:
                lot[3] -= taken
                points -= taken
                self.takings[key].append([lot[2], taken])

    def renew(self, at):
        """Points that are there live on; those that are away follow in ``end_of``."""
        if self.renews is None:
            return
        until = at + self.renews
        for lot in self.lots.values():
            if lot[3] and lot[4] is None and at < lot[0] < until:
                lot[0] = self.renewed[lot[2]] = until
        self.renewals.append((at, until))

    def end_of(self, lot, key):
        """When a lot ends whose points were away since the taking ``key``."""
        end = lot[0]
        if lot[4] is None:
            for at, until in self.renewals[self.since[key] :]:
                if at < end < until:
                    end = until
        return end

    def give_back(self, key, points, at, grace_days, from_end):
        pieces = defaultdict(int)
        if points > sum(left for _lot, left in self.takings[key]):
            raise Refused
        for taking in reversed(self.takings[key]):
            back = min(points, taking[1])
            if not back:
                continue
            taking[1] -= back
            points -= back
            lot = self.lots[taking[0]]
            end = self.end_of(lot, key)
            grace_end = (end if from_end and end <= at else at) + grace_days * DAY
            grace = end <= at < grace_end and lot[4] is None
            if grace:
                number = self.number()
                lot = self.lots[number] = [grace_end, at, number, 0, taking[0]]
            else:
                lot[0] = end
            lot[3] += back
            pieces[lot[0], grace] += back
        return dict(pieces)

    def earn(self, key, points, at, expires_at, active_from, kind="campaign"):
        def act():
            self.renew(at)
            number = self.number()
            self.lots[number] = [expires_at or FOREVER, active_from, number, points, None]
            self.earned[key] = [number, points]
            self.undated |= {key} if active_from == ledger.UNDATED else set()
            self.balance += points
            return number, self.balance, self.pay_debt(at, number)

        return self.once(key, ("earn", kind, points), act)

    def spend(self, key, points, at, kind="redeem"):
        def act():
            self.take(key, points, at)
            self.debits[key] = key
            self.balance -= points
            return self.number(), self.balance

        return self.once(key, ("spend", kind, points), act)

    def adjust(self, key, points, at):
        if points > 0:
            return self.earn(key, points, at, None, at, "adjust")
        return self.spend(key, -points, at, "adjust")

    def hold(self, key, points, at):
        def act():
            self.take(key, points, at)
            self.holds[key] = [points, "open"]
            return (self.number(),)

        return self.once(key, ("hold", points), act)

    def capture(self, key, hold, at):
        if hold not in self.holds:
            raise Refused

        def act():
            points, state = self.holds[hold]
            if state != "open":
                raise Refused
            self.holds[hold][1] = "captured"
            self.debits[key] = hold
            self.balance -= points
            return self.number(), self.balance

        return self.once(key, ("capture", hold), act)

    def release(self, key, hold, at, grace_days):
        if hold not in self.holds or self.holds[hold][1] == "captured":
            raise Refused
        points, state = self.holds[hold]
        if state == "released":
            if key in self.answers and self.answers[key][0] != ("release", hold):
                raise Refused
            return self.releases[hold], True

        def act():
            self.holds[hold][1] = "released"
            self.releases[hold] = self.give_back(hold, points, at, grace_days, True), self.pay_debt(at)
            return self.releases[hold]

        return self.once(key, ("release", hold), act)

    def refund(self, key, spent, points, at, grace_days, from_end):
        if spent not in self.debits:
            raise Refused

        def act():
            entry = self.number()
            try:
                pieces = self.give_back(self.debits[spent], points, at, grace_days, from_end)
            except Refused:
                self.seq -= 1
                raise
            self.balance += points
            return entry, self.balance, pieces, self.pay_debt(at)

        return self.once(key, ("refund", spent, points), act)

    def clawback(self, key, earned, points, policy, at):
        if earned not in self.earned:
            raise Refused
        lot, left = self.earned[earned]
        there = sum(lot[3] for lot in self.within_reach(at, lot))
        if key not in self.answers and ((policy == "skip" and there < points) or (policy != "debt" and not there)):
            if points > left:
                raise Refused
            return (None, self.balance, 0, 0, points), False  # nothing is entered, the key stays free

        def act():
            if points > left:
                raise Refused
            taken = self.collect(points, at, lot)
            owed = points - taken if policy == "debt" else 0
            self.earned[earned][1] -= taken + owed
            self.debt += owed
            self.balance -= taken + owed
            return self.number(), self.balance, taken, owed, points - taken - owed

        return self.once(key, ("clawback", earned, points, policy), act)

    def set_begin(self, earned, active_from, expires_at, at):
        if earned not in self.earned:
            raise Refused
        lot = self.lots[self.earned[earned][0]]
        changed = earned in self.undated and lot[1] > at and lot[1] != active_from
        if changed:
            self.number()
            lot[:2] = max(expires_at, self.renewed.get(lot[2], expires_at)) if expires_at else FOREVER, active_from
        return (lot[1], lot[0]), changed

    def sweep(self, at):
        dead = sorted(lot for lot in self.lots.values() if lot[0] <= at and lot[3])
        points = sum(lot[3] for lot in dead)
        for lot in dead:
            self.number()
            lot[3] = 0
        self.balance -= points
        return len(dead), points


def pieces(found):
    return {(piece.expires_at or FOREVER, piece.is_grace): piece.points for piece in found}
