"""What all stand-ins are: a small HTTP server on the loopback interface that remembers trades and tells of them."""

import html
import itertools
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import httpx

from core import clock


@dataclass
class Refund:
    reference: str
    amount_fen: int
    number: str
    at: object
    state: str = "waiting"  # done, failed
    word: str | None = None  # what the provider says of it, where that does not follow from ``state``


@dataclass
class Trade:
    """``state`` is waiting, paid, closed or failed; ``word`` is what the provider says of it where that does not follow
    from the state."""

    reference: str
    amount_fen: int
    number: str
    title: str = ""
    notify_url: str = ""
    return_url: str = ""
    state: str = "waiting"
    paid_at: object = None
    word: str | None = None
    refunds: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)

    def mark_paid(self):
        """Paid, and nobody is told."""
        self.state, self.paid_at, self.word = "paid", clock.now(), None


@dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes

    @property
    def form(self):
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Answer:
    body: bytes | str = b""
    status: int = 200
    headers: dict = field(default_factory=dict)


class StandIn:
    """A provider. Set ``silent`` to let it answer nothing usable, ``refuse_refunds`` or ``slow_refunds`` (they stay on
    their way until ``finish_refunds``), ``notifies`` to False to lose every notification, ``spoil`` to change the text
    of a statement."""

    code: str
    host = "127.0.0.1"
    payable = ("waiting",)  # states in which a member may pay

    def __init__(self, port=0):
        self.trades = {}
        self.sent = []  # (url, headers, body) of each notification, whether it went out or was lost
        self.silent = self.refuse_refunds = self.slow_refunds = False
        self.notifies = True
        self.refused = 0  # requests that came while it was silent
        self.spoil = lambda text: text
        self.lock = threading.RLock()
        self.numbers = itertools.count(time.time_ns() // 1000)  # a mall that lives on meets no number twice
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, url.path, dict(parse_qsl(url.query)), headers, body)
                request.target = self.path
                answer = standin.refuse() if standin.silent else standin.serve(request)
                content = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(answer.status)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = serve

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{self.host}:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    def refuse(self):
        with self.lock:
            self.refused += 1
        return Answer(b"down", 503)

    # What each stand-in has of its own

    def serve(self, request):
        raise NotImplementedError

    def settings(self):
        """``{setting: {name: value}}`` that let the mall speak to it."""
        raise NotImplementedError

    def notification(self, trade, **changes):
        """``(headers, body)`` that tell the merchant about a trade, signed as the real one does."""
        raise NotImplementedError

    # Acts of the member and of the provider

    def trade(self, reference, amount_fen, **fields):
        """The trade of that reference; the first call makes it."""
        with self.lock:
            if reference not in self.trades:
                self.trades[reference] = Trade(reference, amount_fen, self.number(), **fields)
            return self.trades[reference]

    def number(self):
        """The provider's own number of something: 21 digits, as UnionPay has them."""
        return f"42{next(self.numbers):019d}"

    def pay(self, reference):
        """The member pays; the merchant is told, unless notifications get lost."""
        trade = self.trades[reference]
        with self.lock:
            if trade.state not in self.payable:
                return trade
            trade.mark_paid()
        self.tell(trade)
        return trade

    def fail(self, reference):
        """The member's bank says no."""
        trade = self.trades[reference]
        trade.state = "failed"
        self.tell(trade)
        return trade

    def tell(self, trade, **changes):
        """Send a notification about the trade; returns the HTTP status, None when it was lost."""
        return self.deliver(trade.notify_url, *self.notification(trade, **changes))

    def deliver(self, url, headers, body):
        self.sent.append((url, headers, body))
        if not self.notifies:
            return None
        return httpx.post(url, headers=headers, content=body, timeout=20).status_code

    def again(self, number=-1):
        """Deliver an earlier notification once more, byte for byte."""
        url, headers, body = self.sent[number]
        return httpx.post(url, headers=headers, content=body, timeout=20).status_code

    def give_back(self, trade, reference, amount_fen):
        """Take a refund in; the same reference twice is one. None when there is nothing to give back."""
        with self.lock:
            if (known := trade.refunds.get(reference)) is not None:
                return known
            given = sum(refund.amount_fen for refund in trade.refunds.values())
            if self.refuse_refunds or trade.state != "paid" or given + amount_fen > trade.amount_fen:
                return None
            state = "waiting" if self.slow_refunds else "done"
            trade.refunds[reference] = Refund(reference, amount_fen, self.number(), clock.now(), state)
            return trade.refunds[reference]

    def finish_refunds(self, state="done"):
        """What was on its way has come to its end."""
        for trade in self.trades.values():
            for refund in trade.refunds.values():
                refund.state, refund.word = state if refund.state == "waiting" else refund.state, None

    # Pages

    def pay_page(self, trade, *, action):
        """The page where the member pays."""
        return Answer(
            "<!doctype html><html lang=zh-CN><meta name=viewport content='width=device-width'><title>收银台</title>"
            f"<h1>{html.escape(self.code)}收银台</h1><p>{html.escape(trade.title)}</p>"
            f"<p>¥{trade.amount_fen / 100:.2f}</p><form method=post action='{html.escape(action)}'>"
            "<button name=act value=pay>确认付款</button><button name=act value=fail>付款失败</button></form></html>"
        )

    def decide(self, trade, request):
        """The member pressed a button of ``pay_page``."""
        if trade.state in self.payable:
            self.fail(trade.reference) if request.form.get("act") == "fail" else self.pay(trade.reference)
