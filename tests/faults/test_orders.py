"""Members, staff, web server, workers and PostgreSQL are killed at each step of placing, paying and refunding.

Afterwards days go by for the sweeps alone. Then no order is stuck, and no points, money or stock are lost or doubled:
the mall's books agree with themselves and with the provider's, which nobody killed.
"""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from tests.faults.cluster import ROOT, Cluster
from tests.faults.journeys import JOURNEYS, MEMBERS, form_key
from tests.faults.shop import GIFT, PIECES
from tests.standins import environment
from tests.standins.alipay import Alipay

PATIENCE_S = 60
KILLED = -signal.SIGKILL

# (journey, who is struck at which of its steps, when). "work" stands for the worker, "web" for the server while the
# member pays; a number tells the second time of the same step.
STRIKES = [
    ("points", "place", "spend:after"),
    ("points", "place", "stock_taken:after"),
    ("points", "place", "commit:after"),
    ("points_cancelled", "cancel", "points_back:after"),
    ("points_cancelled", "cancel", "commit:after"),
    ("abandoned", "place", "order:before"),
    ("abandoned", "place", "order:after"),
    ("abandoned", "place", "coupons_used:after"),
    ("abandoned", "place", "hold:before"),
    ("abandoned", "place", "hold:after"),
    ("abandoned", "place", "payment:after"),
    ("abandoned", "place", "stock_taken:before"),
    ("abandoned", "place", "stock_taken:after"),
    ("abandoned", "place", "commit:before"),
    ("abandoned", "place", "commit:after"),
    ("abandoned", "place", "queued:before"),
    ("unpaid_cancelled", "cancel", "release:after"),
    ("unpaid_cancelled", "cancel", "stock_back:after"),
    ("unpaid_cancelled", "cancel", "commit:after"),
    ("paid", "web", "stored:before"),
    ("paid", "web", "commit:before"),
    ("paid", "web", "stored:after"),
    ("paid", "web", "queued:after"),
    ("paid", "work", "settled:before"),
    ("paid", "work", "money_taken:before"),
    ("paid", "work", "capture:before"),
    ("paid", "work", "capture:after"),
    ("paid", "work", "money_taken,commit:before"),
    ("paid", "work", "money_taken,commit:after"),
    ("paid", "work", "settled:after"),
    ("paid", "work", "rewarded:after"),
    ("paid", "work", "rewarded,commit:after"),
    ("paid_cancelled", "cancel", "points_back:before"),
    ("paid_cancelled", "cancel", "refund_due:after"),
    ("paid_cancelled", "cancel", "stock_back:after"),
    ("paid_cancelled", "cancel", "commit:after"),
    ("paid_cancelled", "work 2", "refund_sent:before"),
    ("paid_cancelled", "work 2", "refund_sent:after"),
    ("paid_cancelled", "work 2", "refund_sent,commit:before"),
    ("paid_cancelled", "work 2", "refund_sent,commit:after"),
    ("paid_cancelled", "work 2", "taken_back:after"),
    ("paid_late", "work", "money_taken:after"),
    ("paid_late", "work", "refund_sent:after"),
    ("returned", "settle", "refund_due:after"),
    ("returned", "settle", "points_back:after"),
    ("returned", "settle", "commit:after"),
    ("returned", "work 2", "refund_sent:after"),
    ("returned_whole", "settle", "stock_back:after"),
    ("returned_whole", "work 2", "refund_sent,commit:before"),
    ("returned", "confirm", "moved:after"),
]
ENDS = {
    "points": "to_ship",
    "points_cancelled": "cancelled",
    "abandoned": "cancelled",
    "unpaid_cancelled": "cancelled",
    "paid": "to_ship",
    "paid_cancelled": "cancelled",
    "paid_late": "cancelled",
    "returned": "completed",
    "returned_whole": "completed",
}
FEW = [
    ("abandoned", "place", "hold:after"),
    ("points", "place", "commit:after"),
    ("paid", "web", "stored:after"),
    ("paid", "work", "money_taken,commit:after"),
    ("paid_cancelled", "cancel", "refund_due:after"),
    ("paid_cancelled", "work 2", "refund_sent:after"),
    ("returned", "settle", "points_back:after"),
]


class Provider(Alipay):
    """Its books survive everything. A merchant that cannot be reached is not told again."""

    def deliver(self, url, headers, body):
        with contextlib.suppress(httpx.HTTPError):
            return super().deliver(url, headers, body)


class Shop:
    """The processes of ``tests.faults.shop`` on a cluster, with a provider."""

    def __init__(self, cluster, provider, folder):
        self.cluster, self.provider, self.folder = cluster, provider, folder
        (folder / "queue").mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        variables = dict(line.split("=", 1) for line in environment.lines([provider], folder / "keys"))
        variables["SITE_URL"] = f"http://127.0.0.1:{self.port}"
        self.nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.shop", str(folder)],
            cwd=ROOT,
            env=cluster.environment | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.web = None
        self.kills = 0

    def __enter__(self):
        self.do("prepare")
        self.open_web()
        return self

    def __exit__(self, *exception):
        self.nursery.stdin.close()
        self.nursery.stdout.close()
        self.nursery.wait(PATIENCE_S)

    def start(self, *role, fault="", held=""):
        return self._tell(run=role, fault=fault, held=held)

    def wait(self, pid):
        return self._tell(wait=pid)

    def do(self, *role):
        assert self.wait(self.start(*role)) == 0, f"{role}\n{self.complaints()}"

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)
        self.kills += 1
        assert self.wait(pid) == KILLED, self.complaints()

    def open_web(self, **fault):
        (self.folder / "listening").unlink(missing_ok=True)
        self.web = self.start("web", self.port, **fault)
        self.until((self.folder / "listening").exists)

    def strike(self, fault, *role):
        """The process of the role dies at the moment ``fault``."""
        pid = self.start(*role, fault=fault)
        assert self.wait(pid) == KILLED, f"{role} never came to {fault}\n{self.complaints()}"
        self.kills += 1

    def strike_database(self, fault, *role):
        """PostgreSQL dies at that moment, and comes back; the process of the role goes on or ends as it can."""
        held = self.folder / "held"
        pid = self.start(*role, fault=fault, held=str(held))
        self.until(held.exists)
        self.cluster.kill()
        self.cluster.start()
        self.kills += 1
        held.unlink()
        self.wait(pid)

    def until(self, come):
        deadline = time.monotonic() + PATIENCE_S
        while not come():
            assert time.monotonic() < deadline, self.complaints()
            time.sleep(0.01)

    def report(self):
        self.do("report", str(self.folder / "report"))
        return json.loads((self.folder / "report").read_text())

    def complaints(self):
        path = self.folder / "complaints"
        return path.read_text()[-4000:] if path.exists() else ""

    def _tell(self, **call):
        self.nursery.stdin.write(json.dumps(call) + "\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline())


@contextlib.contextmanager
def open_shop(folder):
    with Cluster() as cluster, Provider() as provider, Shop(cluster, provider, folder) as shop:
        yield shop


def go(shop, number, strike, *, database=False, retried=True):
    """A journey on which one is struck. ``retried``: whoever was, does the step again; else all stop there."""
    kind, struck, fault = strike
    rounds = 0
    hit = shop.strike_database if database else shop.strike
    for name in JOURNEYS[kind]:
        rounds += name == "work"
        role = ("work",) if name == "work" else ("step", name, kind, number)
        if struck == "web" and name == "pay":
            pay_at_a_web_that_dies(shop, role, fault, database)
        elif struck in (name, f"{name} {rounds}") and (name != "work" or rounds == int(struck[5:] or 1)):
            hit(fault, *role)
        else:
            shop.do(*role)
            continue
        if not retried:
            return
        shop.do(*role)


def pay_at_a_web_that_dies(shop, role, fault, database):
    shop.kill(shop.web)
    shop.kills -= 1  # that one only makes room
    held = shop.folder / "held"
    shop.open_web(fault=fault, held=str(held) if database else "")
    member = shop.start(*role)
    if database:
        shop.until(held.exists)
        shop.cluster.kill()
        shop.cluster.start()
        held.unlink()
        os.kill(shop.web, signal.SIGKILL)
    assert shop.wait(shop.web) == KILLED, shop.complaints()
    shop.kills += 1
    shop.wait(member)
    shop.open_web()


def judge(shop):
    """Days go by; then nothing is stuck, lost or doubled. Returns the report."""
    shop.do("sweep")
    found = shop.report()
    orders, payments = found["orders"], found["payments"]
    assert found["most_orders_of_a_form"] == 1
    assert found["audit"] == found["stock_breaks"] == found["outbox"] == []
    assert found["notifications_waiting"] == found["holds_open"] == 0
    assert {order["state"] for order in orders.values()} <= {"to_ship", "shipped", "completed", "cancelled"}

    kept = dict.fromkeys(orders, 0)  # the cash that the shop has of each order, by the provider's books
    for reference, trade in shop.provider.trades.items():
        ours = payments[reference]
        refunds = {refund.reference: [refund.amount_fen, refund.state] for refund in trade.refunds.values()}
        assert ours["refunds"] == refunds, reference
        back = sum(fen for fen, _state in refunds.values())
        assert (ours["returned_fen"], ours["fen"]) == (back, trade.amount_fen)
        if trade.state == "paid":
            assert ours["state"] == ("refunded" if back == trade.amount_fen else "paid"), reference
            kept[ours["order"]] += trade.amount_fen - back
        else:
            assert ours["state"] in ("closed", "failed"), reference
        assert not ours["next_ask"]
    for reference in payments.keys() - shop.provider.trades.keys():  # nobody came to pay
        assert (payments[reference]["state"], payments[reference]["next_ask"]) == ("closed", False)

    for number, order in orders.items():
        is_lost = order["state"] == "cancelled"
        assert kept[number] == (0 if is_lost else order["fen"] - order["fen_back"]), number
        spent = 0 if is_lost else order["points"] - order["points_back"]
        assert found["points_of_orders"].get(number, 0) == -spent, number
        earned = found["earned"].get(number)
        if not is_lost and order["goods_fen"]:
            assert earned[:2] == [order["goods_fen"], order["goods_fen_back"]], number
        elif earned:
            assert earned[::2] == earned[1::2], number
    kinds = found["points_by_kind"]
    assert kinds["campaign"] == GIFT * MEMBERS
    assert kinds.get("purchase", 0) == sum(points for _fen, _back, points, _taken in found["earned"].values())
    assert -kinds.get("clawback", 0) == found["taken_back"]
    for code, stock in found["stock"].items():
        assert stock == PIECES - found["sold"].get(code, 0) + found["back_on_shelf"].get(code, 0), code
    return found


def states_of(found):
    return {order["form_key"]: order["state"] for order in found["orders"].values()}


def told(capsys, kills, found, what):
    states = [order["state"] for order in found["orders"].values()]
    count = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    refunds = sum(len(payment["refunds"]) for payment in found["payments"].values())
    with capsys.disabled():
        print(
            f"\n{what}: {kills} kills, {len(states)} orders ({count}), {len(found['payments'])} payments,"
            f" {refunds} refunds, nothing stuck, lost or doubled"
        )


def test_whoever_is_killed_at_a_step(tmp_path, capsys):
    with open_shop(tmp_path / "shop") as shop:
        for number, strike in enumerate(FEW):
            go(shop, number, strike, retried=number % 2)
        shop.strike_database("hold:after", "step", "place", "abandoned", 90)
        found = judge(shop)
    told(capsys, shop.kills, found, "At a step")


@pytest.mark.slow
@pytest.mark.parametrize("retried", [True, False], ids=["retried", "left"])
def test_whoever_is_killed_at_each_step(tmp_path, retried, capsys):
    with open_shop(tmp_path / "shop") as shop:
        for number, strike in enumerate(STRIKES):
            go(shop, number, strike, retried=retried)
        found = judge(shop)
        assert shop.kills == len(STRIKES)
    ends = states_of(found)
    for number, (kind, struck, fault) in enumerate(STRIKES):
        end = ends.get(str(form_key(number)))
        if retried:
            assert end == ENDS[kind], STRIKES[number]
        elif struck == "place":
            is_there = fault in ("commit:after", "queued:before")
            assert end == (ENDS[kind] if is_there else None), STRIKES[number]
        else:
            assert end, STRIKES[number]
    told(capsys, shop.kills, found, f"At each step, {'retried' if retried else 'left'}")


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
def test_postgresql_is_killed_at_each_step(tmp_path, half, capsys):
    strikes = STRIKES[half::2]
    with open_shop(tmp_path / "shop") as shop:
        for number, strike in enumerate(strikes):
            go(shop, number, strike, database=True, retried=number % 2)
        found = judge(shop)
        assert shop.kills == len(strikes)
    told(capsys, shop.kills, found, "PostgreSQL at each step")


@pytest.mark.slow
def test_everybody_is_killed_at_random(tmp_path, capsys):
    kills, shoppers = 40, 4
    dice = random.Random(kills)
    with open_shop(tmp_path / "shop") as shop:
        roles = {("shopper", number): None for number in range(shoppers)} | {("worker",): None}
        running = {role: shop.start(*role) for role in roles}
        for _ in range(kills):
            time.sleep(dice.uniform(0.2, 1.5))
            victim = dice.choice([*roles, *roles, ("web",), ("postgresql",)])
            if victim == ("web",):
                shop.kill(shop.web)
                shop.open_web()
            elif victim == ("postgresql",):
                shop.cluster.kill()
                shop.kills += 1
                shop.cluster.start()
            else:
                shop.kill(running[victim])
                running[victim] = shop.start(*victim)
        (shop.folder / "stop").touch()
        for pid in running.values():
            assert shop.wait(pid) == 0, shop.complaints()
        found = judge(shop)
    ends = states_of(found)
    answered = [line.split() for log in shop.folder.glob("shopper-*") for line in log.read_text().splitlines()]
    assert len(answered) > kills
    for journey, _kind, _tries, last, *refused in answered:
        assert (str(form_key(int(journey))) in ends) == (not (last == "place" and refused)), (journey, refused)
    told(capsys, shop.kills, found, "At random")


@pytest.mark.slow
def test_a_provider_falls_silent_again_and_again(tmp_path, capsys):
    """It answers nothing usable while members pay and staff give money back; when it answers again, all is made up."""
    silences, shoppers = 12, 4
    dice = random.Random(silences)
    with open_shop(tmp_path / "shop") as shop:
        running = [*(shop.start("shopper", number) for number in range(shoppers)), shop.start("worker")]
        for _ in range(silences):
            time.sleep(dice.uniform(0.5, 2))
            shop.provider.silent = True
            time.sleep(dice.uniform(0.5, 2))
            shop.provider.silent = False
        (shop.folder / "stop").touch()
        for pid in running:
            assert shop.wait(pid) == 0, shop.complaints()
        assert shop.provider.refused > silences
        found = judge(shop)
    assert {"to_ship", "completed"} & {order["state"] for order in found["orders"].values()}
    told(capsys, 0, found, "With a silent provider")
