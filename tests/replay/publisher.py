"""The HTTP server of the replay publisher: one address a service, and faults put in from outside.

A service is a function from a request to a reply. A fault is a function from both to another reply, so that what goes wrong
is written beside the test that wants it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request, as the publisher sees it. `base` is the service's own address."""

    service: str
    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes
    base: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer. `manner` says how it is sent: whole, reset (cut in the middle), stall (never), drip (a byte at a time)."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    manner: str = "whole"

    def having(self, **changed: Any) -> Reply:
        return replace(self, **changed)


Service = Callable[[Asked], Reply]
Fault = Callable[[Asked, Reply], Reply]


def json_reply(document: Any, **more: Any) -> Reply:
    return Reply(json.dumps(document).encode(), **more)


class Publisher:
    """The server. `asked` are the requests so far, `fault` is what is wrong at present."""

    def __init__(self, services: dict[str, Service]) -> None:
        self.services = services
        self.asked: list[Asked] = []
        self.fault: Fault | None = None
        self._closing = threading.Event()
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                publisher.answer(self)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{service}"

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def of(self, service: str) -> list[Asked]:
        return [a for a in self.asked if a.service == service]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        service, _, path = parts.path.lstrip("/").partition("/")
        size = int(handler.headers.get("content-length", 0))
        asked = Asked(
            service,
            handler.command,
            "/" + path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {k.lower(): v for k, v in handler.headers.items()},
            handler.rfile.read(size),
            self.url(service),
        )
        self.asked.append(asked)
        known = self.services.get(service)
        reply = known(asked) if known else Reply(b"no such service", 404, "text/plain")
        etag = reply.headers.get("ETag")
        if etag and asked.headers.get("if-none-match") == etag:
            reply = Reply(status=304, headers=reply.headers)
        if self.fault is not None:
            reply = self.fault(asked, reply)
        with contextlib.suppress(OSError):  # the client may have hung up, which is what some faults are for
            self._send(handler, reply)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.manner == "stall":
            self._closing.wait(1.5)
            handler.close_connection = True
            return
        if "Date" in reply.headers:
            handler.send_response_only(reply.status)
        else:
            handler.send_response(reply.status)
        if reply.kind:
            handler.send_header("Content-Type", reply.kind)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        if reply.manner == "reset":
            handler.wfile.write(reply.body[: len(reply.body) // 2])
            handler.wfile.flush()
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            handler.close_connection = True
        elif reply.manner == "drip":
            for i in range(len(reply.body)):
                if self._closing.is_set():
                    return
                handler.wfile.write(reply.body[i : i + 1])
                handler.wfile.flush()
                time.sleep(0.02)
        elif reply.status != 304:
            handler.wfile.write(reply.body)
