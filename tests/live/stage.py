"""A server whose streams are followed, and those who follow them."""

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.faults.instance import Instance
from tests.ops.serving import PATIENCE, Served, free_port
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

#: A test's own work may keep it from answering for longer than the client library waits; and who leaves with more waiting
#: than that takes in would not hear the farewell.
QUIET: dict[str, Any] = {"ping_interval": None, "max_queue": None}
#: One server process in which the deeds of a test are done.
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.live.served_settings", "NEXUS_LOG_LEVEL": "INFO"}


class Stage(Served):
    """A running server: `do` has something done in it, `follow` opens a stream."""

    def do(self, deed: str, *args: Any, **kwargs: Any) -> Any:
        body = json.dumps({"deed": deed, "args": args, "kwargs": kwargs})
        status, _headers, answer = self.ask("/do", "POST", body, Content_Type="application/json")
        assert status == 200, (deed, answer[:2000], self.output)
        return json.loads(answer)["result"]

    @property
    def elsewhere(self) -> list[str]:
        """Ten origins that are not this server's."""
        return [
            "https://evil.example", "null", "https://127.0.0.1", f"https://127.0.0.1:{self.port}", "http://127.0.0.1:1",
            f"http://127.0.0.1:{self.port}.evil.example", "http://nexus.evil", f"http://evil@127.0.0.1:{self.port}x",
            f"http://localhost:{self.port}", "file://",
        ]  # fmt: skip

    def follow(self, hub: str, after: Any = None, *, token: str = "", session: str = "", **kwargs: Any) -> "Peer":
        query = "" if after is None else f"?after={after}"
        if token:
            kwargs["subprotocols"] = ["nexus.v1", f"bearer.{token}"]
        if session:
            kwargs["additional_headers"] = {"Cookie": f"nexus_session={session}"}
            kwargs.setdefault("origin", f"http://127.0.0.1:{self.port}")
        address = f"ws://127.0.0.1:{self.port}/ws/hubs/{hub}{query}"
        opened = connect(address, open_timeout=PATIENCE, max_size=None, compression=None, **QUIET | kwargs)
        return Peer(opened.__enter__())


class Subscriber:
    """A client of graphql-transport-ws that knows no library for it."""

    def __init__(
        self, stage: Stage, payload: dict[str, Any] | None = None, *, begin: bool = True, **kwargs: Any
    ) -> None:
        kwargs.setdefault("subprotocols", ["graphql-transport-ws"])
        address = f"ws://127.0.0.1:{stage.port}/graphql"
        self.socket = connect(
            address, open_timeout=PATIENCE, max_size=None, compression=None, **QUIET | kwargs
        ).__enter__()
        if begin:
            self.say(type="connection_init", **({} if payload is None else {"payload": payload}))

    def __enter__(self) -> "Subscriber":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def subscribe(self, name: str, query: str, **variables: Any) -> None:
        self.say(id=name, type="subscribe", payload={"query": query, "variables": variables})

    def next(self) -> dict[str, Any]:
        """The next message that is no ping, which are answered."""
        for _ in range(4):
            message: dict[str, Any] = json.loads(self.socket.recv(PATIENCE))
            if message["type"] != "ping":
                return message
            self.say(type="pong")
        raise AssertionError("Nothing came but pings.")

    def begun(self) -> "Subscriber":
        assert self.next() == {"type": "connection_ack"}
        return self

    def data(self, name: str) -> Any:
        """What comes next, which is for that subscription and no error."""
        message = self.next()
        assert (message["id"], message["type"]) == (name, "next"), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    def refused(self, name: str) -> str:
        """The code of the error that ends a subscription."""
        message = self.next()
        assert (message["id"], message["type"]) == (name, "error"), message
        (error,) = message["payload"]
        return str(error["extensions"]["code"])

    def end(self) -> tuple[int, str]:
        """Code and reason of the server's close, whatever comes first."""
        try:
            while True:
                self.next()
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        finally:
            self.socket.close()


class Peer:
    """A client: its frames, and how it ended."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        #: Everything that was received.
        self.frames: list[dict[str, Any]] = []

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def next(self) -> dict[str, Any]:
        """The next event."""
        while True:
            frame: dict[str, Any] = json.loads(self.socket.recv(PATIENCE))
            if frame["type"] != "heartbeat":
                self.frames.append(frame)
                return frame

    def until(self, seq: int) -> list[dict[str, Any]]:
        """All events up to that number."""
        while not self.frames or self.frames[-1]["seq"] < seq:
            self.next()
        return self.frames

    def end(self) -> tuple[int, str]:
        """Code and reason of the server's close; whatever else comes first is kept in `frames`."""
        try:
            while True:
                self.next()
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        finally:
            self.socket.close()


def is_whole(frames: list[dict[str, Any]]) -> bool:
    """Whether each frame follows the one before."""
    return all(later["previous"] == earlier["seq"] for earlier, later in itertools.pairwise(frames))


def settings_of(folder: Path) -> tuple[dict[str, str], Instance | None]:
    """The environment of a stage: an own database on the engine of DATABASE_URL, or the embedded default."""
    import os

    if not os.environ.get("DATABASE_URL"):
        return SETTINGS, None
    instance = Instance.create(folder)
    return SETTINGS | {name: instance.env[name] for name in ("DATABASE_URL", "SECRET_KEY")}, instance


class Redis:
    """A Redis of this test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/8"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--bind", "127.0.0.1", "--dir", str(self.folder)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout
        assert any("Ready to accept connections" in line for line in self.process.stdout)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        assert self.process.stdout
        self.process.stdout.close()
