"""A mail server on loopback, as much of RFC 5321 as it takes to be sent a mail, with STARTTLS and AUTH PLAIN."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """What it is set to answer, and what came. `refused`: recipients it does not take, with the code for each.

    `looks_s`: how long it looks into a mail before it says that it has it.
    """

    port: int = 0
    tls: ssl.SSLContext | None = None
    offers_tls: bool = False
    login: tuple[str, str] | None = None
    refused: dict[str, int] = field(default_factory=dict)
    looks_s: float = 0.0
    mails: list[str] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)


class Talk:
    """One client."""

    def __init__(self, server: MailServer, connection: socket.socket, *, at_once: bool) -> None:
        self.server = server
        self.connection = connection
        self.secure = False
        self.file = connection.makefile("rwb")
        if at_once:
            self.secured()

    def secured(self) -> None:
        assert self.server.tls is not None
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.file, self.secure = self.connection.makefile("rwb"), True

    def say(self, *lines: str) -> None:
        for line in lines:
            self.file.write(f"{line}\r\n".encode())
        self.file.flush()

    def go(self) -> None:
        self.say("220 mail.test ESMTP")
        while line := self.file.readline().decode("utf-8", "replace").strip():
            verb, _, rest = line.partition(" ")
            getattr(self, verb.lower(), self.other)(rest)
            if verb.upper() == "QUIT":
                return

    def other(self, _: str) -> None:
        self.say("250 ok")

    def ehlo(self, _: str) -> None:
        more = ["STARTTLS"] if self.server.offers_tls and not self.secure else []
        more += ["AUTH PLAIN"] if self.server.login else []
        self.say(*(f"250-{one}" for one in ("mail.test", *more)), "250 SIZE")

    def starttls(self, _: str) -> None:
        self.say("220 go ahead")
        self.secured()

    def auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.server.logins.append((user, password))
        self.say("235 yes" if (user, password) == self.server.login else "535 5.7.8 authentication failed")

    def rcpt(self, rest: str) -> None:
        code = self.server.refused.get(rest.partition("<")[2].partition(">")[0], 250)
        self.say(f"{code} {'ok' if code == 250 else 'no such user'}")

    def data(self, _: str) -> None:
        self.say("354 go on")
        mail = b""
        while (part := self.file.readline()) != b".\r\n":
            mail += part
        self.server.mails.append(mail.decode("ascii"))
        self.server.over_tls.append(self.secure)
        time.sleep(self.server.looks_s)
        self.say("250 taken")

    def quit(self, _: str) -> None:
        self.say("221 bye")


@contextmanager
def mail_server(server: MailServer, *, tls_at_once: bool = False, host: str = "127.0.0.1") -> Iterator[MailServer]:
    """Run a mail server on a thread while the block runs."""
    listener = socket.create_server((host, 0))
    server.port = listener.getsockname()[1]

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            talk = None
            try:
                with suppress(OSError):
                    talk = Talk(server, connection, at_once=tls_at_once)
                    talk.go()
            finally:
                (talk.connection if talk is not None else connection).close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
