"""Views that let a test see what the server made of a request, and hold one back until another says go."""

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from channels.generic.websocket import WebsocketConsumer
from django.conf import settings
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

if "NEXUS_TEST_BREAK_WORKERS" in os.environ:
    raise RuntimeError("These addresses cannot be loaded.")

CHUNK = 64 * 1024
released = threading.Event()
seen: dict[str, Any] = {"held": 0, "closed": 0, "chunks": 0, "disconnects": []}


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    """The environment as the application sees it, and the body's size and hash."""
    digest, size = hashlib.sha256(), 0
    while chunk := request.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    meta = {key: value for key, value in request.META.items() if isinstance(value, str)}
    return JsonResponse(
        {
            "meta": meta, "path": request.path, "is_secure": request.is_secure(), "size": size,
            "hash": digest.hexdigest(), "method": request.method, "thread": threading.current_thread().name,
            "is_local": request.META["nexus.is_local"],
        },
        headers={"X-Twice": "one"},
    )  # fmt: skip


def status(_request: HttpRequest, code: int) -> HttpResponse:
    return HttpResponse(b"a body" if code == 200 else b"", status=code, headers={"ETag": '"x"'})


def stream(request: HttpRequest) -> HttpResponseBase:
    """`n` chunks, made one at a time; counts those that were asked for, and the end."""

    def chunks() -> Iterator[bytes]:
        try:
            for _ in range(int(request.GET["n"])):
                seen["chunks"] += 1
                yield b"x" * CHUNK
        finally:
            seen["closed"] += 1

    return StreamingHttpResponse(chunks())


def broken_stream(_request: HttpRequest) -> HttpResponseBase:
    def chunks() -> Iterator[bytes]:
        yield b"x" * CHUNK
        raise ValueError("half-way")

    return StreamingHttpResponse(chunks())


def file(request: HttpRequest) -> HttpResponseBase:
    """A file of `n` bytes."""
    target = Path(settings.DATA_DIR) / f"file-{request.GET['n']}"
    if not target.exists():
        target.write_bytes(b"y" * int(request.GET["n"]))
    response = FileResponse(target.open("rb"))
    response._resource_closers.append(lambda: seen.update(closed=seen["closed"] + 1))
    return response


def hold(_request: HttpRequest) -> HttpResponse:
    """Waits for /release, in its thread."""
    seen["held"] += 1
    released.wait(60)
    return HttpResponse(b"held")


@csrf_exempt
def release(_request: HttpRequest) -> HttpResponse:
    released.set()
    return HttpResponse(b"released")


def counts(_request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse(seen)


def fail(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret that no answer shows")


urlpatterns = [
    path("echo", echo),
    re_path("^echo/.*$", echo),
    path("status/<int:code>", status),
    path("stream", stream),
    path("broken-stream", broken_stream),
    path("file", file),
    path("hold", hold),
    path("release", release),
    path("counts", counts),
    path("fail", fail),
]


class Echo(WebsocketConsumer):
    """Says back what it hears, and what it was told when it ended."""

    def connect(self) -> None:
        self.accept()
        cookies = [value.decode() for name, value in self.scope["headers"] if name == b"cookie"]
        self.send(text_data=f"{self.scope['client'][0]} {cookies}")

    def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        if text_data == "please close":
            self.close(4000)
        else:
            self.send(text_data=text_data)

    def disconnect(self, code: int) -> None:
        (Path(settings.DATA_DIR) / "disconnected").write_text(str(code))


websocket_urlpatterns = [path("ws/echo", Echo.as_asgi())]
