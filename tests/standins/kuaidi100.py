"""Kuaidi100 over real HTTP: checks what it is sent as the real one does, answers as told, pushes with its signature."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import httpx

CUSTOMER, KEY, SALT = "CUSTOMER-1", "key-1", "salt-1"
PHONE_WANTED = {"shunfeng"}


def md5(text):
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def result(carrier, number, state, *steps):
    """The result of a query; ``steps`` are ``("2026-11-20 08:00:00", text, place)``, oldest first."""
    return {
        "message": "ok",
        "nu": number,
        "com": carrier,
        "ischeck": "1" if state.startswith("3") else "0",
        "status": "200",
        "state": state,
        "condition": "F00",
        "data": [
            {"time": at, "ftime": at, "context": text, "areaName": place, "status": "", "location": ""}
            for at, text, place in reversed(steps)
        ],
    }


class Kuaidi100:
    """``with Kuaidi100() as service``: ``url`` to set, ``ways`` it knows, ``calls`` it took, ``broken`` as
    ``(status, text)`` to answer otherwise."""

    def __init__(self):
        self.ways, self.subscriptions, self.calls = {}, {}, []
        self.broken = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def knows(self, carrier, number, state, *steps):
        self.ways[carrier, number] = result(carrier, number, state, *steps)

    def push(self, callback_url, carrier, number, salt=SALT, **changes):
        """Tell a subscriber what is known of the parcel; returns the response."""
        param = json.dumps(
            {"status": "polling", "billstatus": "check", "message": "", "lastResult": self.ways[carrier, number]}
            | changes,
            ensure_ascii=False,
        )
        return httpx.post(callback_url, data={"sign": md5(param + salt), "param": param}, timeout=10)

    def answer(self, path, form):
        self.calls.append(path)
        param = form.get("param", "")
        asked = json.loads(param)
        if path == "/poll/query.do":
            if form.get("customer") != CUSTOMER or form.get("sign") != md5(param + KEY + CUSTOMER):
                return {"result": False, "returnCode": "503", "message": "验证签名失败"}
            if asked["com"] in PHONE_WANTED and not asked.get("phone"):
                return {"result": False, "returnCode": "408", "message": "验证码错误"}
            known = self.ways.get((asked["com"], asked["num"]))
            return known or {"result": False, "returnCode": "500", "message": "查询无结果，请隔段时间再查"}
        if path == "/poll":
            if asked.get("key") != KEY or form.get("schema") != "json":
                return {"result": False, "returnCode": "600", "message": "您不是合法的订阅者"}
            name = asked["company"], asked["number"]
            if name in self.subscriptions:
                return {"result": False, "returnCode": "501", "message": "POLL:重复订阅"}
            self.subscriptions[name] = asked["parameters"]
            return {"result": True, "returnCode": "200", "message": "提交成功"}
        return {"result": False, "returnCode": "404", "message": "?"}

    def _handler(standin):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                status, text = 200, json.dumps(standin.answer(self.path, form), ensure_ascii=False)
                if standin.broken is not None:
                    status, text = standin.broken
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json;charset=UTF-8")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        return Handler
