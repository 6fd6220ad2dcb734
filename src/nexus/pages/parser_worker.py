"""A process that only parses: batches of texts come in on standard input, documents go out on standard output.

Run as `python -m nexus.pages.parser_worker`. A batch is a number (4 bytes, big-endian) and that many messages; a message is
its length (4 bytes) and its bytes. The answer is a batch of as many messages: each empty when the text could not be parsed,
else its title as JSON, a line feed, and the JSON of the document. It ends at the end of its input, so none outlives the
process that started it, however that one ended.
"""

import gc
import json
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from typing import IO

from nexus.markdown import parse

NUMBER = struct.Struct(">I")
MEMORY_LIMIT = 2 * 1024**3


def receive(stream: IO[bytes]) -> list[bytes] | None:
    """The next batch, or None at the end of the stream."""
    count = _number(stream)
    messages = []
    for _ in range(count or 0):
        size = _number(stream)
        body = stream.read(size) if size is not None else None
        if body is None or len(body) != size:
            return None
        messages.append(body)
    return None if count is None else messages


def send(stream: IO[bytes], messages: Sequence[bytes]) -> None:
    """Writes one batch and flushes it."""
    parts = [NUMBER.pack(len(messages))]
    for message in messages:
        parts += (NUMBER.pack(len(message)), message)
    stream.write(b"".join(parts))
    stream.flush()


def _number(stream: IO[bytes]) -> int | None:
    header = stream.read(NUMBER.size)
    return int.from_bytes(header) if len(header) == NUMBER.size else None


def answer(text: bytes) -> bytes:
    """The answer to one text."""
    try:
        document = parse(text.decode("utf-8"))
        return f"{json.dumps(document.title)}\n{document.to_json()}".encode()
    except Exception:  # noqa: BLE001  whatever one text does, the next must still be parsed
        return b""


def main() -> None:
    """Answers until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one, which then ends it
    gc.freeze()  # what was imported stays, and is not looked at again and again: some 5 % of parsing
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    while (texts := receive(sys.stdin.buffer)) is not None:
        send(sys.stdout.buffer, [answer(text) for text in texts])


if __name__ == "__main__":
    main()
