"""Which of the things that a request says about its way are believed."""

from hypothesis import given
from hypothesis import strategies as st

from nexus.ops.proxies import networks, unproxied

TRUSTED = networks("10.0.0.0/8, 192.0.2.1, fd00::/8")


def scope(peer: str, *headers: tuple[bytes, bytes], kind: str = "http") -> dict[str, object]:
    return {"type": kind, "scheme": "http" if kind == "http" else "ws", "client": (peer, 5), "headers": list(headers)}


def test_the_last_address_that_is_no_proxy_is_the_client() -> None:
    chain = (b"X-Forwarded-For", b"6.6.6.6, 203.0.113.9, 10.1.1.1")
    assert unproxied(scope("10.0.0.1", chain), TRUSTED)["client"] == ("203.0.113.9", 0)
    assert unproxied(scope("203.0.113.1", chain), TRUSTED)["client"] == ("203.0.113.1", 5)


def test_several_headers_are_one_chain() -> None:
    two = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"203.0.113.9")]
    assert unproxied(scope("10.0.0.1", *two), TRUSTED)["client"][0] == "203.0.113.9"


def test_what_is_no_address_ends_the_chain() -> None:
    chain = (b"x-forwarded-for", b"203.0.113.9, not-an-address, 10.1.1.1")
    assert unproxied(scope("10.0.0.1", chain), TRUSTED)["client"][0] == "10.1.1.1"


def test_an_ipv4_peer_on_an_ipv6_socket_is_the_same_peer() -> None:
    secure = unproxied(scope("::ffff:10.0.0.1", (b"x-forwarded-proto", b"https")), TRUSTED)
    assert secure["scheme"] == "https"


def test_a_websocket_behind_tls_is_secure() -> None:
    assert unproxied(scope("fd00::1", (b"x-forwarded-proto", b"https"), kind="websocket"), TRUSTED)["scheme"] == "wss"


headers = st.lists(
    st.tuples(
        st.sampled_from(
            [b"X-Forwarded-For", b"x_forwarded_for", b"X-Forwarded-Proto", b"Forwarded", b"X-Real-Ip", b"X-A"]
        ),
        st.sampled_from([b"6.6.6.6", b"https", b"10.0.0.1", b"", b",", b"\xff", b"for=6.6.6.6;proto=https"]),
    )
)


@given(headers)
def test_from_a_stranger_nothing_is_believed(given_headers: list[tuple[bytes, bytes]]) -> None:
    seen = unproxied(scope("203.0.113.1", *given_headers), TRUSTED)
    assert (seen["client"], seen["scheme"]) == (("203.0.113.1", 5), "http")
    assert {name for name, _ in seen["headers"]} <= {b"x-a"}


@given(headers)
def test_from_a_proxy_nothing_breaks_and_nothing_is_passed_on(given_headers: list[tuple[bytes, bytes]]) -> None:
    seen = unproxied(scope("10.0.0.1", *given_headers), TRUSTED)
    assert seen["scheme"] in {"http", "https"}
    assert {name for name, _ in seen["headers"]} <= {b"x-a"}
