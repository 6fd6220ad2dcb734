"""A proxy for TCP between a server and what it stands on: it counts who connects, makes it slow or lets nothing through."""

import contextlib
import heapq
import itertools
import socket
import threading
import time

CHUNK = 65536


class Proxy:
    """Passes bytes to `port` of 127.0.0.1 there and back, each `delay` seconds later; from `pull` to `plug` none:
    connections stay open, nothing is refused, and those of before never pass anything again."""

    def __init__(self, port: int) -> None:
        self.target, self.delay, self.mute = port, 0.0, False
        self._pulled = 0
        #: So many answers are cut off before their first byte: what was asked is done, and nobody hears of it.
        self.lose = 0
        #: Connections that were opened.
        self.opened = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        self._sockets: list[socket.socket] = []
        self._order = itertools.count()
        self._late: list[tuple[float, int, socket.socket, bytes]] = []
        self._changed = threading.Condition()
        self._closed = False
        for work in (self._accept, self._deliver):
            threading.Thread(target=work, daemon=True).start()

    def pull(self) -> None:
        self.mute = True
        self._pulled += 1

    def plug(self) -> None:
        self.mute = False

    def close(self) -> None:
        self._closed = True
        for each in (self._listening, *self._sockets):
            _end(each)
        with self._changed:
            self._changed.notify_all()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.opened += 1
            self._sockets.append(client)
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                _end(client)
                continue
            self._sockets.append(server)
            for way in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass, args=way, daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, is_answer: bool) -> None:
        is_lost, born = self.mute, self._pulled
        while True:
            try:
                data = one.recv(CHUNK)
            except OSError:
                data = b""
            is_lost = is_lost or born != self._pulled
            if is_lost and data:
                continue
            if data and is_answer and self.lose:
                self.lose -= 1
                _end(other)
                _end(one)
                return
            with self._changed:
                heapq.heappush(self._late, (time.monotonic() + self.delay, next(self._order), other, data))
                self._changed.notify_all()
            if not data:
                return

    def _deliver(self) -> None:
        while not self._closed:
            with self._changed:
                wait = self._late[0][0] - time.monotonic() if self._late else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                _, _, other, data = heapq.heappop(self._late)
            if not data:
                _end(other)
                continue
            with contextlib.suppress(OSError):
                other.sendall(data)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
