"""How quickly, and for how many, a hub's stream says what happened.

    python -m benchmarks.stream [SECONDS] [DEED]

One `nexus serve` on the configured database (SQLite in a temporary folder without DATABASE_URL), beside a bare WebSocket
server of the same kind that sends frames of the same size to as many clients and does nothing else. Two loads, each for
SECONDS (default 20): 2,000 connections over 50 hubs with one event a second each (2,000 frames a second), and 500 on one hub
with 5 events a second. Clients and writers are processes of their own on the same machine.

Delivery is from the activity's own time, which is taken inside its transaction, to the frame's arrival; so the commit is in
it. DEED is what the writers have done: `toggle` (default: a hub is archived, or brought back, and nothing else follows the
log), or `page` (a page is saved and indexed: then the server's capacity to save is what is measured).
"""

import asyncio
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PORT, BARE_PORT = 8210, 8211
LOADS = {"2,000 connections, 50 hubs, 50 events/s": (50, 40, 1.0), "500 connections, 1 hub, 5 events/s": (1, 500, 5.0)}
SETTLE = 5.0
#: Of the hubs of one load.
PREFIX = "x"


# --- The bare server: one list of sockets a hub, one send each ---------------------------------------------------------


async def bare_application(scope: Any, receive: Any, send: Any) -> None:
    """Sends to everybody at /ws/hubs/X what is posted to /X."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "http":
        body = (await receive())["body"].decode()
        # As a frame of the stream: made once, sent to each.
        await asyncio.gather(
            *(one({"type": "websocket.send", "text": body}) for one in PEERS.get(scope["path"][1:], ()))
        )
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})
    else:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "{}"})
        room = PEERS.setdefault(scope["path"].rpartition("/")[2], set())
        room.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        room.discard(send)


PEERS: dict[str, set[Any]] = {}


def serve_bare() -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.server.embed import Server

    server = Server(
        bare_application, address="127.0.0.1", port=BARE_PORT, interface=Interfaces.ASGI, http=HTTPModes.http1,
        backlog=1024, log_enabled=False,
    )  # fmt: skip
    asyncio.run(server.serve())


# --- The clients: a process that only listens --------------------------------------------------------------------------


async def listen(port: int, prefix: str, hubs: int, each: int) -> None:
    """Follows every hub by `each` connections; says "ready", and at the end of its input prints what came, and when."""
    import websockets

    heard: dict[str, list[tuple[int, float, float]]] = {}
    gate = asyncio.Semaphore(50)

    async def follow(hub: int, n: int) -> None:
        async with gate:
            socket = await websockets.connect(
                f"ws://127.0.0.1:{port}/ws/hubs/{prefix}-{hub}?after=0",
                compression=None,
                ping_interval=None,
                open_timeout=120,
            )
        await socket.recv()  # the first event: let in
        mine = heard[f"{hub}/{n}"] = []
        waiting.discard((hub, n))
        async for text in socket:
            now = time.time()
            frame = json.loads(text)
            if frame["type"] != "heartbeat":
                mine.append((frame["seq"], now, datetime.datetime.fromisoformat(frame["at"]).timestamp()))

    waiting = {(hub, n) for hub in range(hubs) for n in range(each)}
    tasks = [asyncio.ensure_future(follow(*one)) for one in sorted(waiting)]
    while waiting:
        await asyncio.sleep(0.1)
        for task in tasks:
            if task.done():
                task.result()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(heard), flush=True)
    os._exit(0)


# --- The load ----------------------------------------------------------------------------------------------------------


class Writer(threading.Thread):
    """Asks for one event after another at its pace, and remembers when it asked."""

    def __init__(self, port: int, hub: int, rate: float, seconds: float, of: int, deed: str) -> None:
        super().__init__()
        self._port, self._hub, self._rate, self._seconds, self._of, self._deed = port, hub, rate, seconds, of, deed
        self.asked: set[int] = set()
        self.busy: list[float] = []

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=120)
        begin = time.time() + self._hub / self._of / self._rate
        for n in range(int(self._rate * self._seconds)):
            time.sleep(max(begin + n / self._rate - time.time(), 0))
            asked = time.time()
            self.asked.add(n + 2)
            if self._port == BARE_PORT:
                frame = {"type": "change.edit", "seq": n + 2, "previous": n + 1, "filling": "x" * 200}
                frame["at"] = datetime.datetime.now(datetime.UTC).isoformat()
                connection.request("POST", f"/{PREFIX}-{self._hub}", json.dumps(frame))
            else:
                arguments = [f"{n % 5}.md", f"# {n}"] if self._deed == "page" else [n % 2 == 0]
                deed = {"deed": self._deed, "args": [f"{PREFIX}-{self._hub}", *arguments], "kwargs": {}}
                connection.request("POST", "/do", json.dumps(deed), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()[:500]
            answer.read()
            self.busy.append(time.time() - asked)


def memory(pid: int) -> int:
    """Proportional set size, in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // 1024


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def quantiles(values: list[float]) -> str:
    ordered = sorted(values)
    return f"p50 {statistics.median(ordered) * 1000:.0f} ms, p99 {ordered[int(len(ordered) * 0.99)] * 1000:.0f} ms"


def measure(port: int, pid: int, hubs: int, each: int, rate: float, seconds: float, deed: str) -> list[float]:
    """Prints what one load came to; returns every delivery, in seconds."""
    before = memory(pid)
    listening = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stream", "listen", str(port), PREFIX, str(hubs), str(each)], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert listening.stdout
    assert listening.stdout.readline() == "ready\n"
    time.sleep(SETTLE)
    connected, used, began = memory(pid), cpu(pid), time.time()
    writers = [Writer(port, hub, rate, seconds, hubs, deed) for hub in range(hubs)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    took = time.time() - began
    spent = (cpu(pid) - used) / took
    time.sleep(SETTLE)
    after = memory(pid)
    heard = json.loads(listening.communicate("")[0])
    deliveries, lost, twice = [], 0, 0
    for key, frames in heard.items():
        asked = writers[int(key.partition("/")[0])].asked
        seqs = [seq for seq, _, _ in frames]
        twice += len(seqs) - len(set(seqs))
        lost += len(asked - set(seqs))
        deliveries += [came - at for _, came, at in frames]
    assert len(heard) == hubs * each
    writes = [busy for writer in writers for busy in writer.busy]
    kind = "bare  " if port == BARE_PORT else "stream"
    told = sum(len(writer.asked) for writer in writers) * each
    print(f"  {kind} delivery {quantiles(deliveries)}; the request alone {quantiles(writes)}; "
          f"{len(writes) / took:.0f} events/s; lost {lost}, twice {twice} of {told:,}; "
          f"memory {before} → {connected} → {after} MB; {spent:.2f} processors", flush=True)  # fmt: skip
    return deliveries


def start(folder: str, port: int, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
    env = os.environ | {
        "NEXUS_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "tests.live.served_settings", "PYTHONPATH": str(ROOT),
        "NEXUS_LOG_LEVEL": "ERROR", "NEXUS_SOCKETS_PER_ADDRESS": "5000",
    } | environment  # fmt: skip
    process = subprocess.Popen(arguments, env=env, cwd=ROOT)
    while True:
        try:
            HTTPConnection("127.0.0.1", port, timeout=5).connect()
        except OSError:
            time.sleep(0.2)
        else:
            return process


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    deed = sys.argv[2] if len(sys.argv) > 2 else "toggle"
    print(f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, load average before {os.getloadavg()[0]:.1f}")
    nexus = str(Path(sys.executable).with_name("nexus"))
    global PREFIX
    for name, (hubs, each, rate) in LOADS.items():
        PREFIX = f"bench-{time.time_ns():x}"
        print(name, flush=True)
        bare = start("", BARE_PORT, sys.executable, "-m", "benchmarks.stream", "bare")
        plain = measure(BARE_PORT, bare.pid, hubs, each, rate, seconds, deed)
        bare.kill()
        with tempfile.TemporaryDirectory(prefix="nexus-bench-") as folder:
            served = start(folder, PORT, nexus, "serve", "--port", str(PORT),
                           **({"NEXUS_TEST_NO_FOLLOWERS": "1"} if deed == "toggle" else {}))  # fmt: skip
            try:
                asking = HTTPConnection("127.0.0.1", PORT, timeout=120)
                for hub in range(hubs):
                    body = json.dumps({"deed": "hub", "args": [f"{PREFIX}-{hub}", "public"], "kwargs": {}})
                    asking.request("POST", "/do", body, {"Content-Type": "application/json"})
                    assert asking.getresponse().read() == b'{"result": 1}'
                told = measure(PORT, served.pid, hubs, each, rate, seconds, deed)
            finally:
                served.terminate()
                served.wait()
        ratio = [statistics.median(each) for each in (told, plain)]
        print(f"  stream : bare, p50 {ratio[0] / ratio[1]:.1f}, p99 "
              f"{sorted(told)[int(len(told) * 0.99)] / sorted(plain)[int(len(plain) * 0.99)]:.1f}; "
              f"load average {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare"]:
            serve_bare()
        case ["listen", port, prefix, hubs, each]:
            asyncio.run(listen(int(port), prefix, int(hubs), int(each)))
        case _:
            main()
