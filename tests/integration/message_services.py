"""Stand-ins on loopback for the services that carry messages: each looks at a request as its documentation has it.

What they answer, refusals included, is what the pages say that `wnmon/notify/services.py` names, or, where a page names
only a member and a code, those.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "5a1c9e77-03d4-4f6b-8c21-9be7d0f4a613"
SECRET = "SEC4bd8f02c6e9a71d35f80b2ce6a4d97f1"
BOT = "710294:AAGx3vQ9Lm2pZtR8wYc5Ks1HnUe7oBdJ4f0"
SENDKEY = "SCT81237TqWm4Rz9vXc2Lk7Np3Yb"
CHAT = "-1001234567890"
HOUR_S = 3600


@dataclass(frozen=True)
class Taken:
    """A request as it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def members(self) -> dict[str, Any]:
        """Return the JSON body."""
        body = json.loads(self.body)
        assert isinstance(body, dict)
        return body


Reply = tuple[int, Mapping[str, str], bytes]
Answering = Callable[[Taken], Reply]


def told(body: object, status: int = 200, **headers: str) -> Reply:
    """Return an answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "application/json", **named}, json.dumps(body, ensure_ascii=False).encode()


def plain(text: str, status: int = 200) -> Reply:
    """Return an answer in plain text."""
    return status, {"Content-Type": "text/plain"}, text.encode()


def hmac_sha256(key: bytes, message: bytes) -> str:
    """Return the signature in base64."""
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def webhook(taken: Taken) -> Reply:
    """Take what is signed as Standard Webhooks has it, else 401."""
    stamp, id_ = taken.headers["webhook-timestamp"], taken.headers["webhook-id"]
    signed = f"{id_}.{stamp}.".encode() + taken.body
    good = f"v1,{hmac_sha256(SECRET.encode(), signed)}"
    is_fresh = abs(int(stamp) - time.time()) < HOUR_S
    return plain("", 204) if taken.headers.get("webhook-signature") == good and is_fresh else plain("no", 401)


def wecom(taken: Taken) -> Reply:
    """企业微信: the key is in the query, a text has 2048 bytes at the most."""
    if taken.path != "/cgi-bin/webhook/send" or taken.query.get("key") != TOKEN:
        return told({"errcode": 93000, "errmsg": f"invalid webhook url, from ip: 203.0.113.9, key {TOKEN}"})
    if taken.members["msgtype"] != "text" or len(taken.members["text"]["content"].encode()) > 2048:
        return told({"errcode": 40058, "errmsg": "text.content exceed max length 2048"})
    return told({"errcode": 0, "errmsg": "ok"})


def dingtalk(taken: Taken) -> Reply:
    """钉钉: token, stamp in ms and signature in the query."""
    if taken.query.get("access_token") != TOKEN:
        return told({"errcode": 300001, "errmsg": "token is not exist"})
    stamp = taken.query.get("timestamp", "0")
    good = hmac_sha256(SECRET.encode(), f"{stamp}\n{SECRET}".encode())
    if taken.query.get("sign") != good or abs(int(stamp) / 1000 - time.time()) > HOUR_S:
        return told({"errcode": 310000, "errmsg": "sign not match"})
    assert taken.members["text"]["content"]
    return told({"errcode": 0, "errmsg": "ok"})


def feishu(taken: Taken) -> Reply:
    """飞书: stamp in seconds and signature in the body; the key of the signature is both together."""
    members = taken.members
    stamp = str(members.get("timestamp", "0"))
    good = hmac_sha256(f"{stamp}\n{SECRET}".encode(), b"")
    if members.get("sign") != good or abs(int(stamp) - time.time()) > HOUR_S:
        return told({"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"})
    if members["msg_type"] != "text" or not members["content"]["text"]:
        return told({"code": 9499, "msg": "Bad Request", "data": {}})
    return told({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})


def telegram(taken: Taken) -> Reply:
    """Telegram: the token is in the path."""
    if taken.path != f"/bot{BOT}/sendMessage":
        return told({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
    if taken.members["chat_id"] != CHAT or not 1 <= len(taken.members["text"]) <= 4096:
        return told({"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}, 400)
    return told({"ok": True, "result": {"message_id": 7}})


def bark(taken: Taken) -> Reply:
    """Bark: the key of the device is in the body."""
    if taken.path != "/push" or taken.members["device_key"] != TOKEN:
        return told({"code": 400, "message": "failed to get device token", "timestamp": 1}, 400)
    return told({"code": 200, "message": "success", "timestamp": 1})


def serverchan(taken: Taken) -> Reply:
    """Server酱: the key is in the path, a title has 32 characters at the most."""
    if taken.path != f"/{SENDKEY}.send" or len(taken.members["title"]) > 32:
        return told({"code": 40001, "message": "bad key"})
    return told({"code": 0, "message": "", "data": {"pushid": "1"}})


def slack(taken: Taken) -> Reply:
    """Slack: words in plain text."""
    if taken.path != f"/services/T0/B0/{TOKEN}":
        return plain("no_service", 404)
    return plain("ok") if taken.members["text"] else plain("invalid_payload", 400)


def discord(taken: Taken) -> Reply:
    """Discord: with `wait` the message that was made, else nothing."""
    if taken.path != f"/api/webhooks/1/{TOKEN}":
        return told({"message": "Unknown Webhook", "code": 10015}, 404)
    if len(taken.members["content"]) > 2000:
        return told({"message": "Invalid Form Body", "code": 50035}, 400)
    return told({"id": "99", "content": ""}) if taken.query.get("wait") == "true" else (204, {}, b"")


ANSWERS: Mapping[str, Answering] = {
    "webhook": webhook,
    "wecom": wecom,
    "dingtalk": dingtalk,
    "feishu": feishu,
    "telegram": telegram,
    "bark": bark,
    "serverchan": serverchan,
    "slack": slack,
    "discord": discord,
}

PATHS: Mapping[str, str] = {
    "webhook": "/hook",
    "wecom": f"/cgi-bin/webhook/send?key={TOKEN}",
    "dingtalk": f"/robot/send?access_token={TOKEN}",
    "feishu": f"/open-apis/bot/v2/hook/{TOKEN}",
    "slack": f"/services/T0/B0/{TOKEN}",
    "discord": f"/api/webhooks/1/{TOKEN}",
}
"""Of the services that hand out a URL, what stands behind its host."""


@dataclass
class StandIn:
    """A service that answers as it is set to, and remembers what came."""

    answering: Answering
    url: str = ""
    taken: list[Taken] = field(default_factory=list)

    def documents(self) -> list[dict[str, Any]]:
        """Return the JSON bodies that came, in order."""
        return [one.members for one in list(self.taken)]


@contextmanager
def standing_in(answering: Answering) -> Iterator[StandIn]:
    """Run a service on a thread while the block runs."""
    service = StandIn(answering)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            taken = Taken(parts.path, query, headers, self.rfile.read(int(self.headers["Content-Length"])))
            status, more, body = service.answering(taken)
            service.taken.append(taken)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
