"""Addresses of sources (S25, E4): no spelling of a private place, no second answer of a resolver and no redirect gets a
connection; a canary listens where they would lead."""

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import urllib3

from nexus.base.errors import Invalid
from nexus.exchange.addresses import AddressRefused, CheckedPool, Reach, resolved

pytestmark = pytest.mark.security


class Canary:
    """Listens on an address nobody may be led to, and counts who comes."""

    def __init__(self, host: str) -> None:
        self.visits = 0
        self._socket = socket.create_server((host, 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary("127.0.0.1")
    yield made
    made.close()


#: Ways to write an address that is not public, or that a resolver may take for one. {port} is the canary's.
SPELLINGS = [
    "https://127.0.0.1:{port}/r.git",
    "https://127.1:{port}/r.git",
    "https://127.0.1:{port}/r.git",
    "https://127.000.000.001:{port}/r.git",
    "https://0127.0.0.1:{port}/r.git",
    "https://0x7f.0.0.1:{port}/r.git",
    "https://0x7f.1:{port}/r.git",
    "https://0x7f000001:{port}/r.git",
    "https://2130706433:{port}/r.git",
    "https://017700000001:{port}/r.git",
    "https://0:{port}/r.git",
    "https://0.0.0.0:{port}/r.git",
    "https://localhost:{port}/r.git",
    "https://LOCALHOST:{port}/r.git",
    "https://localhost.:{port}/r.git",
    "https://[::1]:{port}/r.git",
    "https://[::]:{port}/r.git",
    "https://[0:0:0:0:0:0:0:1]:{port}/r.git",
    "https://[::ffff:127.0.0.1]:{port}/r.git",
    "https://[::ffff:7f00:1]:{port}/r.git",
    "https://[::127.0.0.1]:{port}/r.git",
    "https://[2002:7f00:1::]:{port}/r.git",
    "https://[64:ff9b::127.0.0.1]:{port}/r.git",
    "https://[64:ff9b:1::7f00:1]:{port}/r.git",
    "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/r.git",
    "https://[::ffff:0:127.0.0.1]:{port}/r.git",
    "https://[fe80::1]:{port}/r.git",
    "https://[fe80::1%25eth0]:{port}/r.git",
    "https://[fd00::1]:{port}/r.git",
    "https://[fec0::1]:{port}/r.git",
    "https://[ff02::1]:{port}/r.git",
    "https://10.0.0.1:{port}/r.git",
    "https://172.16.0.1:{port}/r.git",
    "https://192.168.0.1:{port}/r.git",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1:{port}/r.git",
    "https://198.18.0.1:{port}/r.git",
    "https://192.0.0.192:{port}/r.git",
    "https://224.0.0.1:{port}/r.git",
    "https://255.255.255.255:{port}/r.git",
    "https://240.0.0.1:{port}/r.git",
    "https://１２７.０.０.１:{port}/r.git",
    "https://127。0。0。1:{port}/r.git",
    "https://①②⑦.⓪.⓪.①:{port}/r.git",
    "https://ⓛocalhost:{port}/r.git",
    "https://example.org@127.0.0.1:{port}/r.git",
    "https://user:secret@127.0.0.1:{port}/r.git",
    "https://127.0.0.1:{port}\\@example.org/r.git",
    "https://example.org\t@127.0.0.1:{port}/r.git",
    "https://127.0.0.1:{port}#@example.org/r.git",
    "https://127.0.0.1:22/r.git",
    "https://127.0.0.1:6379/r.git",
    "https://example.org:22/r.git",
    "https://example.org:0/r.git",
    "https://example.org:99999/r.git",
    "https:///127.0.0.1:{port}/r.git",
    "https:127.0.0.1:{port}",
    "//127.0.0.1:{port}/r.git",
    "http://127.0.0.1:{port}/r.git",
    "HTTP://127.0.0.1:{port}/r.git",
    "git://127.0.0.1:{port}/r.git",
    "ftp://127.0.0.1:{port}/r.git",
    "gopher://127.0.0.1:{port}/_",
    "https://127.0.0.1.:{port}/r.git",
    "https://a..b:{port}/r.git",
    "https://-x:{port}/r.git",
    "https://:{port}/r.git",
    "https://",
    "",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_is_connected_to(canary, spelling):
    # The canary's port is allowed, so that only the address stands in the way.
    pool = CheckedPool(Reach(ports=[443, canary.port]), timeout=2)
    with pytest.raises((Invalid, AddressRefused)):
        pool.urlopen("GET", spelling.format(port=canary.port))
    assert canary.visits == 0


def test_the_canary_would_sing(canary):
    """The same request is made once the operator allows the address: what refuses above is the check."""
    pool = CheckedPool(Reach(["127.0.0.0/8"], [canary.port]), timeout=2)
    with pytest.raises(urllib3.exceptions.HTTPError):
        pool.urlopen("GET", f"https://127.0.0.1:{canary.port}/r.git")
    assert canary.visits == 1


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["127.0.0.1", "93.184.216.34"],
        ["2606:2800:220:1::1", "::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
        ["not an address"],
        [],
    ],
)
def test_a_name_with_one_private_address_is_not_connected_to(canary, answers):
    pool = CheckedPool(Reach(ports=[canary.port]), timeout=2, resolve=lambda _host, _port: answers)
    with pytest.raises(AddressRefused):
        pool.urlopen("GET", f"https://example.org:{canary.port}/")
    assert canary.visits == 0


def test_a_name_that_changes_its_address_is_connected_to_as_checked(canary):
    """Rebinding: public when asked first, private when asked again. Asked once, so the second answer is never used."""
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    # The "public" address is one that is allowed, and where nobody answers.
    pool = CheckedPool(Reach(["192.0.2.0/24"], [canary.port]), timeout=0.2, resolve=resolve)
    with pytest.raises(urllib3.exceptions.HTTPError):
        pool.urlopen("GET", f"https://rebind.example:{canary.port}/")
    assert (asked, canary.visits) == ([("rebind.example", canary.port)], 0)
    with pytest.raises(AddressRefused):
        pool.urlopen("GET", f"https://rebind.example:{canary.port}/")
    assert canary.visits == 0


def test_the_connection_goes_to_the_checked_address(canary):
    """Not to what another question about the name would be answered with: this name exists only for the first."""
    pool = CheckedPool(Reach(["127.0.0.1"], [canary.port]), timeout=2, resolve=lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(urllib3.exceptions.HTTPError):  # the canary speaks no TLS
        pool.urlopen("GET", f"https://once.invalid:{canary.port}/")
    assert canary.visits == 1


def test_a_proxy_of_the_environment_is_not_used(canary, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    pool = CheckedPool(Reach(), timeout=0.2, resolve=lambda _host, _port: ["10.0.0.1"])
    with pytest.raises(AddressRefused):
        pool.urlopen("GET", "https://example.org/")
    assert canary.visits == 0


PUBLIC = ["93.184.216.34", "1.1.1.1", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001::200e", "192.31.196.1"]
PRIVATE = [
    "0.0.0.0", "10.255.255.255", "100.127.255.255", "127.255.255.254", "169.254.0.1", "172.31.255.255", "192.0.0.8",
    "192.0.2.1", "192.88.99.1", "192.168.255.255", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.251",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:20::1", "2001:db8::1", "2002:808:808::1", "3fff::1", "5f00::1",
    "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff0e::1", "4000::1", "8.8.8.8.8", "8.8.8", "08.8.8.8", "",
    "example.org",
]  # fmt: skip


def test_what_is_public():
    reach = Reach()
    assert [address for address in PUBLIC if not reach.permits(address)] == []
    assert [address for address in PRIVATE if reach.permits(address)] == []


def test_what_an_operator_allows():
    reach = Reach(["10.1.0.0/16", "fd00::/8"], [443, 8443])
    assert reach.permits("10.1.2.3")
    assert reach.permits("fd00::1")
    assert not reach.permits("10.2.0.1")
    assert not reach.permits("::ffff:10.1.2.3")
    assert reach.checked_url("https://git.example:8443/x").port == 8443


@pytest.mark.parametrize(
    "url",
    ["https://example.org/a.git", "https://xn--bcher-kva.example/x", "https://a-b.c_d.example:443/?x=1#y",
     "https://93.184.216.34/r", "https://[2606:4700::1111]/r", "https://EXAMPLE.org/~x/%20y"],
)  # fmt: skip
def test_usual_addresses_are_fine(url):
    assert Reach().checked_url(url).geturl()


def test_credentials_are_not_repeated_in_the_refusal():
    with pytest.raises(Invalid) as refused:
        Reach().checked_url("https://lea:hunter2@example.org/r.git")
    assert "hunter2" not in f"{refused.value}{refused.value.details}{refused.value.value}"


def test_the_system_resolver_is_asked():
    assert "127.0.0.1" in resolved("localhost", 443)


def test_tls_proves_the_name_not_the_address():
    pool = CheckedPool(Reach(), timeout=1)
    context = pool.connection_pool_kw["ssl_context"]
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
