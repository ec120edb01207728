"""HTTP for one page on this machine: loopback alone, a token with each question, no other site's questions.

A page of another site can make a browser send requests here, under this address or, by DNS rebinding, under its own
name: what is asked needs the token in a header, the host has to be the address itself, and the origin the page's own.
"""

import hmac
import json
import logging
import queue
import re
import secrets
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from libhdrnet.errors import CancelledError, HdrnetError, explain
from libhdrnet.review.desk import Desk
from libhdrnet.review.screen import Box

log = logging.getLogger(__name__)
_PAGE = {f"GET /{file.name}": file for file in files("libhdrnet.review").joinpath("page").iterdir()}
_PAGE["GET /"] = _PAGE["GET /index.html"]
_KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_BEAT = 1.0
"""Seconds after which a page that is told nothing gets an empty line: whether it is still there shows then."""
_STATUS = {CancelledError: HTTPStatus.CONFLICT, ValueError: HTTPStatus.BAD_REQUEST}
_BUG = HTTPStatus.INTERNAL_SERVER_ERROR
_MOST_TEXT = 1 << 16


class Door(ThreadingHTTPServer):
    """The server; `url` opens the page, and `url_once` does so once.

    Everybody on the machine sees a browser's command line, so that the token is not in it.
    """

    daemon_threads = True

    def __init__(self, desk: Desk) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.desk = desk
        self.token = secrets.token_urlsafe(24)
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.url = f"http://{self.host}/#{self.token}"
        self._once = secrets.token_urlsafe(24)
        self.url_once = f"{self.url.split('#')[0]}#once={self._once}"
        self._entering = threading.Lock()

    def open(self) -> None:
        """Answer from now on, in a thread of its own."""
        threading.Thread(target=self.serve_forever, name="door", daemon=True).start()

    def enter(self, once: str) -> str | None:
        """Return the token for what `url_once` ends in, the first time."""
        with self._entering:
            if not self._once or not hmac.compare_digest(once.encode(), self._once.encode()):
                return None
            self._once = ""
        return self.token

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet of connections that broke: a page may go at any time."""
        log.debug("a connection broke", exc_info=True)


class _RefusedError(Exception):
    """Why a request is not answered."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: Door
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "hdrnet", ""
    disable_nagle_algorithm = True
    timeout = 60
    """Seconds for a request to arrive."""

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        asked = f"{self.command} {parts.path}"
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        try:
            self._check_sender()
            self.body = self._read()
            if asked in _PAGE:
                kind = _KINDS[_PAGE[asked].name.rpartition(".")[2]]
                return self._send(_PAGE[asked].read_bytes(), f"{kind}; charset=utf-8")
            if asked == "POST /enter":
                return self._enter()
            if not hmac.compare_digest(self.headers.get("X-Token", "").encode(), self.server.token.encode()):
                raise _RefusedError(
                    HTTPStatus.FORBIDDEN, "This needs the token: open the address that hdrnet review names."
                )
            if asked not in {**_SEND, **_DO}:
                raise _RefusedError(HTTPStatus.NOT_FOUND, "There is nothing of that name.")
            if asked != "GET /events" and self.headers.get("X-Page") != self.server.desk.events.page:
                raise _RefusedError(HTTPStatus.CONFLICT, "This review goes on in another tab.")
            if asked in _SEND:
                _SEND[asked](self)
            else:
                _DO[asked](self)
                self._send(b"{}", "application/json")
        except _RefusedError as refusal:
            self._send(str(refusal).encode(), "text/plain; charset=utf-8", refusal.status)
        except (BrokenPipeError, ConnectionError, TimeoutError):
            raise
        except Exception as error:
            if not isinstance(error, HdrnetError):
                log.exception("a request failed")
            status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), _BUG)
            self._send(explain(error)[0].encode(), "text/plain; charset=utf-8", status)

    do_GET = do_POST = _answer  # noqa: N815 (http.server calls them so)

    def _check_sender(self) -> None:
        host, origin = self.headers.get("Host"), self.headers.get("Origin")
        site = self.headers.get("Sec-Fetch-Site", "none")
        self.close_connection = True  # what a refused request still sends is not read
        if host != self.server.host:
            raise _RefusedError(HTTPStatus.MISDIRECTED_REQUEST, f"This is {self.server.host}; open it under that name.")
        if origin not in (None, f"http://{host}") or site not in ("same-origin", "none"):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "Another site asks; hdrnet review answers to its own page alone.")
        self.close_connection = False

    def _read(self) -> bytes:
        try:
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            length = -1
        if "Transfer-Encoding" in self.headers or not 0 <= length <= _MOST_TEXT + self.server.desk.pixels:
            self.close_connection = True
            raise _RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request has no length, or is longer than any is."
            )
        return self.rfile.read(length)

    def _send(
        self, data: bytes, kind: str = "application/octet-stream", status: HTTPStatus = HTTPStatus.OK, **headers: str
    ) -> None:
        self._send_head(status, Content_Type=kind, Content_Length=str(len(data)), **headers)
        self.wfile.write(data)

    def _send_head(self, status: HTTPStatus, **headers: str) -> None:
        self.send_response(status)
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in {**_HEADERS, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _send_events(self) -> None:
        """Tell the page, which is the one from now on, a JSON object a line, until it goes or another one comes."""
        page = self.headers.get("X-Page", "")
        told = self.server.desk.events.welcome(page)
        self.close_connection = True
        try:
            self._send_head(HTTPStatus.OK, Content_Type="application/x-ndjson")
            while True:
                try:
                    event = told.get(timeout=_BEAT)
                except queue.Empty:
                    self.wfile.write(b"\n")
                    continue
                if event is None:
                    return
                self.wfile.write(json.dumps(event).encode() + b"\n")
        finally:
            self.server.desk.events.gone(page)

    def _enter(self) -> None:
        token = self.server.enter(self.body.decode("utf-8", "replace"))
        if token is None:
            raise _RefusedError(
                HTTPStatus.FORBIDDEN,
                "This address was good once. If you have not opened it before, somebody else on this machine has: end "
                "hdrnet review there where it was started. Else open the address that it names.",
            )
        self._send(token.encode(), "text/plain; charset=utf-8")

    def _send_picture(self) -> None:
        box: Box | None = None
        if "box" in self.query:
            left, top, width, height = self._numbers("box", 4)
            box = left, top, width, height
        changed, pixels = self.server.desk.picture(self._settings(), box, self.body, quick="quick" in self.query)
        self._send(pixels, X_Box=",".join(map(str, changed)))

    def _keep_strokes(self) -> None:
        self.server.desk.strokes = _object(self.body)

    def _said(self, name: str) -> bool:
        return bool(_object(self.body).get(name))

    def _settings(self) -> dict[str, Any]:
        return _object(self.query.get("settings", ""))

    def _numbers(self, name: str, count: int) -> list[int]:
        words = self.query.get(name, "").split(",")
        if len(words) != count or not all(re.fullmatch(r"-?\d{1,9}", word, re.ASCII) for word in words):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, f"{name!r} is not {count} whole numbers.")
        return [int(word) for word in words]


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        facts = json.loads(text or "{}")
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "The request holds no JSON object.")
    return facts


_SEND: dict[str, Callable[[_Handler], None]] = {
    "GET /events": _Handler._send_events,
    "GET /thumbnail": lambda page: page._send(
        page.server.desk.screen.thumbnail(page._numbers("n", 1)[0]), "image/jpeg"
    ),
    "GET /labels": lambda page: page._send(page.server.desk.screen.labels.tobytes()),
    "GET /begun": lambda page: page._send(page.server.desk.begun.tobytes()),
    "GET /marks": lambda page: page._send(page.server.desk.screen.marks.tobytes()),
    "GET /strokes": lambda page: page._send(json.dumps(page.server.desk.strokes).encode(), "application/json"),
    "POST /picture": _Handler._send_picture,
}
_DO: dict[str, Callable[[_Handler], None]] = {
    "POST /strokes": _Handler._keep_strokes,
    "POST /open": lambda page: page.server.desk.open(skip_unreadable=page._said("skip_unreadable")),
    "POST /merge": lambda page: page.server.desk.merge(page._settings(), page.body),
    "POST /cancel": lambda page: page.server.desk.cancel(),
    "POST /leave": lambda page: page.server.desk.leave(for_good=page._said("for_good")),
}
