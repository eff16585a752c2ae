"""A real HTTP server on loopback that answers as it is told, and remembers what it was asked. The tests replace the network with it, and nothing else."""

from __future__ import annotations

import gzip
import json
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    import socket

NOW: Final = datetime(2026, 7, 26, 12, tzinfo=UTC)


class Asked(NamedTuple):
    """A request as the server saw it. `path` is as it came, percent-encoded; `query` is decoded once; `headers` are looked up in any case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.method} {self.path}{'?' if query else ''}{query}{' ' if self.body else ''}{self.body[:200].decode(errors='replace')}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that is expected, and its answer.

    `path` and the parameters of `query` must be the request's, decoded once; its other parameters do not matter. `matches` decides on the rest
    (the body of a POST). `body`: bytes as they stand, text, any JSON value, or a function of the request that gives one of these. Text and JSON
    are compressed where `headers` says ``Content-Encoding: gzip``. A `Content-Length` in `headers` is sent as it stands: a longer one than
    the body's makes an answer that is cut off.
    """

    method: str = "GET"
    path: str = "/"
    query: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = b""
    matches: Callable[[Asked], bool] | None = None

    def fits(self, asked: Asked) -> bool:
        """Whether the request is the one expected."""
        return (
            asked.method == self.method.upper()
            and unquote(asked.path) == unquote(self.path)
            and all(asked.query.get(name) == str(value) for name, value in self.query.items())
            and (self.matches is None or self.matches(asked))
        )

    @property
    def exactness(self) -> int:
        """How much is asked of the request: where several exchanges fit, the one that asks most answers."""
        return len(self.query) + (self.matches is not None)


Exchanges = Iterable[Exchange | Mapping[str, Any]]


class Served:
    """A server on loopback with the exchanges it answers. Of several exchanges that fit equally well each answers once, in order, the last one for ever.

    `asked`: every request. `targets`: their paths with the query, exactly as they came. `unexpected`: those that fitted nothing and got a 404.
    `limit`: the number of requests after which `overrun` is called once, to stop a client that would go on for ever.
    """

    def __init__(self, exchanges: Exchanges = ()) -> None:
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.limit: int | None = None
        self.overrun: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self.use(exchanges)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="loopback server", daemon=True).start()

    def use(self, exchanges: Exchanges) -> None:
        """Answer with these exchanges from now on, and forget what was asked before."""
        with self._lock:
            self._exchanges = [item if isinstance(item, Exchange) else Exchange(**item) for item in exchanges]
            self._uses = [0] * len(self._exchanges)
            self.asked: list[Asked] = []
            self.targets: list[str] = []
            self.unexpected: list[Asked] = []

    @property
    def unused(self) -> list[Exchange]:
        """The exchanges that answered nothing."""
        return [exchange for exchange, uses in zip(self._exchanges, self._uses, strict=True) if not uses]

    def answer(self, target: str, asked: Asked) -> Exchange:
        """The exchange that answers the request."""
        with self._lock:
            self.asked.append(asked)
            self.targets.append(target)
            if self.limit is not None and len(self.asked) == self.limit:
                self.overrun()
            place = self._place(asked)
            if place is None:
                self.unexpected.append(asked)
                return Exchange(status=404, body={"unexpected": str(asked)})
            self._uses[place] += 1
            return self._exchanges[place]

    def _place(self, asked: Asked) -> int | None:
        fitting = [place for place, exchange in enumerate(self._exchanges) if exchange.fits(asked)]
        most = max((self._exchanges[place].exactness for place in fitting), default=0)
        best = [place for place in fitting if self._exchanges[place].exactness == most]
        return next((place for place in best if not self._uses[place]), best[-1] if best else None)

    def close(self) -> None:
        """Stop, and cut the connections that are still open."""
        self._server.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, served: Served) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.served = served
        self.connections: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no fault of the server's; a fault of ours is seen as an answer that never comes, and printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            with suppress(OSError):  # closed by the client already
                connection.shutdown(2)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        asked = Asked(self.command, address.path, query, self.headers, body)
        self._send(self.server.served.answer(self.path, asked), asked)

    do_POST = do_GET  # noqa: N815 - the name is the standard library's

    def _send(self, exchange: Exchange, asked: Asked) -> None:
        value = exchange.body(asked) if callable(exchange.body) else exchange.body
        headers = {name.title(): text for name, text in exchange.headers.items()}
        body, kind = _written(value)
        if headers.get("Content-Encoding") == "gzip" and not isinstance(value, bytes):
            body = gzip.compress(body, 1)
        self.send_response_only(exchange.status)
        for name, text in ({"Content-Type": kind, "Content-Length": str(len(body))} | headers).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.close_connection or "Content-Length" in headers

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen; `asked` has it all."""


def _written(value: object) -> tuple[bytes, str]:
    """A body as bytes, and what kind it is."""
    if isinstance(value, bytes):
        return value, "application/octet-stream"
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).encode(), "application/json"
    start = value.lstrip()[:200].lower()
    markup = "text/html; charset=utf-8" if "<html" in start or "<!doctype html" in start else "application/xml; charset=utf-8"
    return value.encode(), markup if start.startswith("<") else "text/plain; charset=utf-8"
