"""Whether somebody sits at this machine: the one rule behind "Continue as …", and the server that applies it."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.ops.serving import Served

from nexus.ops.proxies import is_local, networks

pytestmark = pytest.mark.security


def local(
    *headers: tuple[bytes, bytes],
    host: bytes | None = b"localhost:8000",
    peer: Any = ("127.0.0.1", 5),
    bound_to: str = "127.0.0.1",
    trusted: str = "",
    version: str = "1.1",
) -> bool:
    hosts = [] if host is None else [(b"host", host)]
    scope = {"type": "http", "client": peer, "http_version": version, "headers": [*hosts, *headers]}
    return is_local(scope, bound_to, networks(trusted))


@pytest.mark.parametrize("host", [b"localhost", b"localhost:8000", b"LOCALHOST:1", b"127.0.0.1", b"127.0.0.1:65535"])
def test_a_browser_at_this_machine_is(host: bytes) -> None:
    assert local(host=host)
    assert local((b"cookie", b"x"), (b"user-agent", b"y"), (b"x-request-id", b"z"), host=host)
    assert local(host=host, peer=("::ffff:127.0.0.1", 5))


@pytest.mark.parametrize(
    "host",
    [
        None, b"", b"evil.example", b"localhost.evil.example", b"evil.example:8000", b"localhost@evil.example",
        b"localhost.", b"127.0.0.1.nip.io", b"127.1", b"2130706433", b"0.0.0.0", b"[::1]:8000", b"127.0.0.2", b"localhost:",
        b"localhost:x", b"localhost:123456", b"localhost\n", b" localhost", b"localhost,evil.example", b"localhost:80:80",
        "localhost:٨".encode(), b"xlocalhost",
    ],
)  # fmt: skip
def test_another_name_is_not(host: bytes | None) -> None:
    assert not local(host=host)


def test_two_names_are_none() -> None:
    assert not local((b"Host", b"localhost:8000"))


@pytest.mark.parametrize(
    "name",
    [
        b"X-Forwarded-For", b"x-forwarded-host", b"X-Forwarded-Proto", b"X-Forwarded-Anything", b"X_Forwarded_For",
        b"Forwarded", b"forwarded", b"Via", b"VIA", b"X-Real-IP", b"x_real_ip", b"X-Client-IP", b"CF-Connecting-IP",
    ],
)  # fmt: skip
def test_what_was_passed_on_is_not_however_its_header_is_spelt(name: bytes) -> None:
    for value in (b"", b"127.0.0.1", b"1.1 proxy"):
        assert not local((name, value))


@pytest.mark.parametrize("bound_to", ["", "0.0.0.0", "::", "::1", "localhost", "192.0.2.1", "127.0.0.2"])
def test_a_server_of_any_other_address_has_nobody_at_its_machine(bound_to: str) -> None:
    assert not local(bound_to=bound_to)


@pytest.mark.parametrize(
    "peer", [None, ("", 0), ("192.0.2.9", 5), ("10.0.0.1", 5), ("testclient", 5), ("::ffff:10.0.0.1", 5)]
)
def test_a_peer_from_elsewhere_is_not(peer: object) -> None:
    assert not local(peer=peer)


def test_where_proxies_are_expected_nobody_is() -> None:
    assert not local(trusted="10.0.0.0/8")


def test_what_speaks_as_proxies_do_is_not() -> None:
    assert not local(version="1.0")


def test_the_server_knows_it_of_each_request(server: Served) -> None:
    assert server.json("/echo")["is_local"] is True
    for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"Via": "1.1 x"}, {"Host": "[::1]:8000"}):
        assert server.json("/echo", **headers)["is_local"] is False
    assert server.json("/echo", **{"Nexus.Is-Local": "True"})["is_local"] is True
    assert "X-Forwarded-For" not in str(server.json("/echo", **{"X-Forwarded-For": "127.0.0.1"})["meta"])


def test_a_server_that_others_can_reach_knows_nobody(start: Callable[..., Served]) -> None:
    assert start("--host", "0.0.0.0").json("/echo")["is_local"] is False
