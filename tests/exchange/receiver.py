"""A receiver of webhooks as others run them, good and bad, and its own check of what it is sent."""

import base64
import contextlib
import hashlib
import hmac
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Listens on this machine. `answers` says what it does with the next requests, 200 when there is nothing:

    a status; "hang" (no answer), "cut" (closes), "noise" (no HTTP), "drip" (a byte at a time), "huge" (a body without end),
    "redirect" (to itself). `got` is what came: (headers, body).
    """

    def __init__(self, host: str = "127.0.0.1", *, certificate: Any = None) -> None:
        self.answers: list[Any] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.arrived = threading.Event()
        self.ended = threading.Event()
        self._server = ThreadingHTTPServer((host, 0), self._handler())
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._server.handle_error = lambda *_: None  # who does not trust it goes away
        self.port = self._server.server_port
        self.url = f"http://{host}:{self.port}/hook?from=nexus"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    @property
    def told(self) -> list[Any]:
        """The number of each event that came, the type of each ping."""
        return [event["seq"] or event["type"] for event in self.events]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                receiver.arrived.set()
                with contextlib.suppress(OSError):  # who is sent nonsense goes away
                    self.answer(receiver.answers.pop(0) if receiver.answers else 200)

            def answer(self, how: Any) -> None:
                match how:
                    case "hang":
                        receiver.ended.wait(60)
                    case "cut":
                        pass
                    case "noise":
                        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 9)
                    case "drip":
                        for byte in b"HTTP/1.1 200 OK\r\n":
                            self.wfile.write(bytes([byte]))
                            self.wfile.flush()
                            if receiver.ended.wait(1):
                                break
                    case "huge":
                        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                        while not receiver.ended.is_set():
                            self.wfile.write(b"x" * 65_536)
                    case "redirect":
                        self.send_response(307)
                        self.send_header("Location", receiver.url)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                    case status:
                        self.send_response(status)
                        self.send_header("Content-Length", "7")
                        self.end_headers()
                        self.wfile.write(b"\0thanks")

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """What https://www.standardwebhooks.com says a receiver does, written from its text."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(
        hmac.compare_digest(signature, expected)
        for version, _, signature in (each.partition(",") for each in headers["webhook-signature"].split())
        if version == "v1"
    )
