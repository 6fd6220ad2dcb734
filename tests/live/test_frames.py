"""C7: frames that are too large, too deep, packed to explode, or no text, at both sockets of a real server."""

import itertools
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.live.stage import Stage, Subscriber
from tests.ops.serving import PATIENCE
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

pytestmark = pytest.mark.security

MB = 1_000_000
#: So much may be held afterwards, and at once: the server gathers a message that comes in parts up to 64 MB.
MOST_MB, MOST_AT_ONCE_MB = 20, 100
_numbers = itertools.count()


def held(stage: Stage, which: str = "VmRSS") -> int:
    status = Path(f"/proc/{stage.process.pid}/status").read_text()
    return int(status.partition(f"{which}:")[2].split()[0]) // 1024


def raw(opcode: Opcode, data: bytes, *, packed: bool = False, whole: bool = True) -> bytes:
    """A frame as no client library sends it."""
    made = Frame(opcode, data, fin=whole).serialize(mask=True)
    return bytes([made[0] | 0x40]) + made[1:] if packed else made


def packed(size: int) -> bytes:
    """Zeros, as permessage-deflate packs them (RFC 7692 §7.2.1)."""
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (squeezed.compress(b" " * size) + squeezed.flush(zlib.Z_SYNC_FLUSH))[:-4]


#: Bytes on the wire, after a handshake that offers to pack.
FRAMES: dict[str, Callable[[], list[bytes]]] = {
    "50 MB at once": lambda: [raw(Opcode.TEXT, b"x" * 50 * MB)],
    "50 MB in parts": lambda: [
        raw(Opcode.TEXT, b"x" * MB, whole=False),
        *[raw(Opcode.CONT, b"x" * MB, whole=False)] * 50,
    ],
    "50 MB of bytes": lambda: [raw(Opcode.BINARY, os.urandom(MB) * 50)],
    "a bomb": lambda: [raw(Opcode.TEXT, packed(200 * MB), packed=True)],
    "brackets": lambda: [raw(Opcode.TEXT, b"[" * MB)],
    "no text": lambda: [raw(Opcode.TEXT, b"\xff\xfe\xed\xa0\x80")],
    "a lone surrogate": lambda: [raw(Opcode.TEXT, b'{"type": "\\ud800", "id": "\\ud800"}')],
    "a long farewell": lambda: [raw(Opcode.CLOSE, b"\x03\xe8" + b"x" * 123), raw(Opcode.TEXT, b"{}")],
    "a part of nothing": lambda: [raw(Opcode.CONT, b"x")],
    "many pings": lambda: [raw(Opcode.PING, b"x" * 125)] * 5000,
    "many frames": lambda: [raw(Opcode.TEXT, b"{}")] * 5000,
    "a length of 2 ** 62": lambda: [b"\x81\xff" + (2**62).to_bytes(8, "big") + b"mask"],
}


def opened(stage: Stage, path: str, protocol: str) -> ClientConnection:
    made = connect(f"ws://127.0.0.1:{stage.port}{path}", open_timeout=PATIENCE, max_size=None, subprotocols=[protocol])  # type: ignore[list-item]
    made.__enter__()
    return made


def sent(socket: ClientConnection, frames: list[bytes]) -> bool:
    """Whether the server ended the connection, while all was sent or soon after; a heartbeat or two may come before."""
    try:
        for frame in frames:
            socket.socket.sendall(frame)
        socket.socket.sendall(raw(Opcode.CLOSE, b"\x03\xe8"))
        for _ in range(3):
            socket.recv(5)
    except (ConnectionClosed, OSError) as error:
        return not isinstance(error, TimeoutError)
    finally:
        socket.close_socket()
    return False


@pytest.mark.parametrize("where", ["stream", "graphql"])
def test_frames_that_are_too_much_end_their_socket_alone(stage: Stage, where: str) -> None:
    hub = f"framed-{next(_numbers)}"
    stage.do("hub", hub, "public", {"alice": "owner"})
    path, protocol = (f"/ws/hubs/{hub}", "nexus.v1") if where == "stream" else ("/graphql", "graphql-transport-ws")
    with stage.follow(hub, 0) as other, Subscriber(stage).begun() as subscriber:
        assert sent(opened(stage, path, protocol), [raw(Opcode.TEXT, b"{}")])
        before, peak = held(stage), held(stage, "VmHWM")
        for name, made in FRAMES.items():
            assert sent(opened(stage, path, protocol), made()), name
            stage.do("page", hub, f"{name}.md", name)
            other.until(stage.do("sequence", hub))  # the other hears of it, whatever somebody sent
            subscriber.say(type="ping")
        assert held(stage) - before < MOST_MB
        assert held(stage, "VmHWM") - peak < MOST_AT_ONCE_MB
        assert stage.process.poll() is None
