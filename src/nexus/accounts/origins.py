"""From which address of the network what is being done was asked for: set by the door, read where it is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_address: ContextVar[str] = ContextVar("address", default="")
#: The longest address there is, in characters (IPv6 with an IPv4 tail).
LONGEST = 45


def address() -> str:
    """The client's address, "" for what did not come by the network; at most LONGEST characters."""
    return _address.get()


@contextmanager
def coming_from(client: str) -> Iterator[None]:
    """Everything inside was asked for from `client`."""
    token = _address.set("".join(c for c in client[:LONGEST] if c.isalnum() or c in ".:"))
    try:
        yield
    finally:
        _address.reset(token)
