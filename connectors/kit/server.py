"""A real HTTP server on loopback for tests, and the ways in which an API disturbs its readers."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """A request as the server saw it."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    authorization: str

    @property
    def basic_user(self) -> str:
        kind, _, value = self.authorization.partition(" ")
        return base64.b64decode(value).decode().partition(":")[0] if kind == "Basic" else ""


@dataclass
class Reply:
    """`cut`: how many bytes of the body are sent before the connection is closed; `delay`: seconds it takes."""

    data: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    delay: float = 0.0


@dataclass
class FakeApi:
    """`answer` says what the API is; `disturb` is asked first, with the number of the request (from 1), and may give
    another reply instead. `asked` is what came, token requests too."""

    answer: Callable[[Asked], Reply]
    disturb: Callable[[int, Asked], Reply | None] = lambda number, asked: None
    asked: list[Asked] = field(default_factory=list)
    base: str = ""

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def serving(api: FakeApi):
    """Serve on a free port of loopback; `api.base` is the root's URL then."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True  # else the part after the headers waits 40 ms for their acknowledgement

        def do_GET(self) -> None:
            self._handle("GET")

        def do_POST(self) -> None:
            self._handle("POST")

        def _handle(self, method: str) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length).decode() if length else ""
            parts = urlsplit(self.path)
            if self.headers.get("Content-Type", "").startswith("application/json"):
                body = json.loads(raw)
            else:
                body = {name: values[0] for name, values in parse_qs(raw).items()}
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            asked = Asked(method, parts.path, query, body, self.headers.get("Authorization", ""))
            with lock:
                api.asked.append(asked)
                reply = api.disturb(len(api.asked), asked) or api.answer(asked)
            time.sleep(reply.delay)
            data = b"" if reply.data is None else json.dumps(reply.data).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: reply.cut])
            if reply.cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
