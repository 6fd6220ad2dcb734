"""S5, E6: a proxy that keeps what it may, before a real server with Redis. What one reader got is never given to another,
whatever the other says of themselves; and what somebody got is declared theirs."""

import http.client
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.ops.caching_proxy import DEAF, NGINX, caching_proxy
from tests.ops.serving import PATIENCE, Served, command

pytestmark = [
    pytest.mark.security,
    pytest.mark.services,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: apt-get install nginx-light)"),
]

#: Reads by others in all; make test-security asks for 10,000.
READS = int(os.environ.get("NEXUS_TEST_READS", "600"))
CANARY, PASSWORD = b"kanarienvogel", "correct horse battery staple"
#: What says whose an answer is: the bar of every page, and the account's own addresses.
MINE = re.compile(rb'href="/account">alice<|alice@example\.org|"username": ?"alice", ?"name"')
SHARE_PASSWORD = "a password of the share"
#: What other readers say of themselves and of what they want.
GUISES: dict[str, dict[str, str]] = {
    "plain": {}, "empty authorization": {"Authorization": ""}, "bare bearer": {"Authorization": "Bearer"},
    "another scheme": {"Authorization": "Basic YWxpY2U6eA=="}, "no session": {"Cookie": "nexus_session="},
    "two sessions": {"Cookie": "nexus_session=x; nexus_session=y"}, "a cookie": {"Cookie": "a=b; nexus_csrf=x"},
    "another host": {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"},
    "another address": {"X-Original-URL": "/hidden/pages/a.md", "X-Rewrite-URL": "/hidden/pages/a.md"},
    "another method": {"X-HTTP-Method-Override": "PUT"}, "local": {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
    "a part": {"Range": "bytes=0-200"}, "parts": {"Range": "bytes=0-0,5-90", "If-Range": "x"},
    "anything": {"If-None-Match": "*"}, "the owner's": {"If-None-Match": "ETAG"},
    "since": {"If-Modified-Since": "Wed, 01 Jan 2031 00:00:00 GMT"},
    "kept only": {"Cache-Control": "only-if-cached, max-stale=9999"},
    "anew": {"Cache-Control": "no-cache", "Pragma": "no-cache"},
    "JSON": {"Accept": "application/json"}, "packed": {"Accept-Encoding": "gzip, br"}, "a piece": {"HX-Request": "true"},
    "French": {"Accept-Language": "fr"}, "head": {"METHOD": "HEAD"},
}  # fmt: skip
#: Reads by others after each read by an owner; GUISES and readers take turns.
AT_ONCE = 8
#: What is hung on an address, so that a proxy takes it for a file that never changes.
SUFFIXES = ("", "/x.css", ";x.css", "%2fx.css", "%0ax.css", "?x.css", "%3fx.png", "/.js", "/..%2fx.css")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kept(self) -> str:
        return self.headers.get("cache-control", "")


@dataclass
class Site:
    """A server, the proxy before it, and what its people show."""

    port: int
    shows: dict[str, dict[str, str]] = field(default_factory=dict)
    texts: str = ""
    share: str = ""
    line: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self.line:
            self.line.close()
        self.line = None

    def ask(
        self, address: str, shown: dict[str, str] | None = None, method: str = "GET", body: bytes | None = None
    ) -> Answer:
        """One request on a connection that is kept, as a browser does."""
        shown = dict(shown or {})
        method = shown.pop("METHOD", method)
        self.line = self.line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        self.line.request(method, address, body, shown)
        response = self.line.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def signed_in(site: Site, name: str) -> None:
    """What shows who one is, by every way there is: the cookie of a session, an access token, a personal token."""
    page = site.ask("/account/login/")
    cookies = SimpleCookie(page.headers["set-cookie"])
    token = page.body.partition(b'name="csrfmiddlewaretoken" value="')[2].partition(b'"')[0].decode()
    form = urlencode({"login": name, "password": PASSWORD, "csrfmiddlewaretoken": token}).encode()
    told = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"nexus_csrf={cookies['nexus_csrf'].value}"}
    done = site.ask("/account/login/", told, "POST", form)
    assert done.status == 302, done
    session = done.headers["set-cookie"].partition("nexus_session=")[2].partition(";")[0]
    pair = site.ask("/api/v1/auth/token", {"Content-Type": "application/json"}, "POST",
                    json.dumps({"username": name, "password": PASSWORD}).encode())  # fmt: skip
    site.shows |= {
        f"{name} by session": {"Cookie": f"nexus_session={session}"},
        f"{name} by token": {"Authorization": f"Bearer {json.loads(pair.body)['access']}"},
    }


def fill(data: Path) -> dict[str, str]:
    """A private and a public hub, three people, a share with a password; what is shown once."""
    for name, text in (("password", PASSWORD), ("share", SHARE_PASSWORD)):
        (data / name).write_text(text)
    for name, full in (("alice", "Alissa Adler"), ("lea", "Lea Lerche"), ("charlie", "Charlie Chat")):
        command(data, "user", "create", name, "--email", f"{name}@example.org", "--password-file", str(data / "password"),
                "--full-name", full)  # fmt: skip
    for hub, visibility, word in (("hidden", "private", CANARY), ("open", "public", b"spatz")):
        (data / hub).mkdir()
        (data / hub / "a.md").write_bytes(b"# A page\n\n## Key Technologies\n\n- **Docker**: " + word + b"\n")
        (data / hub / "x.bin").write_bytes(b"\0" + word)
        command(data, "hub", "create", hub, "--visibility", visibility)
        command(data, "hub", "member", hub, "alice", "--role", "owner")
        command(data, "hub", "member", hub, "lea", "--role", "learner")
        command(data, "import", str(data / hub), "--hub", hub, "--as", "alice")
    share = command(
        data, "share", "create", "hidden", "a.md", "--password-file", str(data / "share"), "--as", "alice"
    ).split()
    return {
        "share": "/" + share[0].split("/", 3)[3],
        "personal": command(data, "token", "create", "alice", "--name", "x", "--scope", "read").split()[0],
    }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[str, str]]]:
    data = tmp_path_factory.mktemp("served")
    told = fill(data)
    server = Served(
        data, DJANGO_SETTINGS_MODULE="nexus.settings", REDIS_URL=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9"),
        NEXUS_TRUSTED_PROXIES="127.0.0.1", NEXUS_RATE_ANONYMOUS="1000000", NEXUS_RATE_SIGNED_IN="1000000",
        NEXUS_ACCESS_TOKEN_MINUTES="120", NEXUS_LOG_LEVEL="ERROR",
    )  # fmt: skip
    yield server, told
    assert server.stop() == 0, server.output
    assert server.process.stderr
    server.process.stderr.close()


def opened(port: int, told: dict[str, str]) -> Site:
    site = Site(port)
    for name in ("alice", "lea", "charlie"):
        signed_in(site, name)
    site.shows["alice by personal token"] = {"Authorization": f"Bearer {told['personal']}"}
    pages = site.ask("/api/v1/hubs/hidden/pages", site.shows["alice by token"])
    site.texts = f"/api/v1/hubs/hidden/pages/{json.loads(pages.body)['results'][0]['id']}"
    site.share = told["share"]
    site.shows["let in"] = let_in(site)
    return site


def let_in(site: Site) -> dict[str, str]:
    """The session of somebody who knows the share's password."""
    page = site.ask(site.share)
    token = page.body.partition(b'name="csrfmiddlewaretoken" value="')[2].partition(b'"')[0].decode()
    cookie = SimpleCookie(page.headers["set-cookie"])["nexus_csrf"].value
    form = urlencode({"password": SHARE_PASSWORD, "csrfmiddlewaretoken": token}).encode()
    done = site.ask(site.share, {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"nexus_csrf={cookie}"},
                    "POST", form)  # fmt: skip
    return {"Cookie": "nexus_session=" + done.headers["set-cookie"].partition("nexus_session=")[2].partition(";")[0]}


def private_reads(site: Site) -> list[tuple[str, str]]:
    """Who reads what may not be another's: names of what they show, and addresses."""
    pages = ("/hidden/", "/hidden/pages/a.md", "/hidden/raw/a.md", "/hidden/raw/x.bin", "/hidden/changes",
             "/hidden/technologies", "/hidden/changes.atom", "/hidden/history/a.md", "/hidden/people", "/search?q=docker",
             "/account", "/", "/open/pages/a.md", "/open/")  # fmt: skip
    calls = ("/api/v1/hubs/hidden", "/api/v1/hubs/hidden/pages", site.texts, f"{site.texts}/text", "/api/v1/me",
             "/api/v1/search?q=docker", "/api/v1/hubs/hidden/entries", "/api/v1/hubs",
             "/api/v1/hubs/open/pages")  # fmt: skip
    return [
        *(("alice by session", address) for address in (*pages, *calls)),
        *((who, address) for address in calls for who in ("alice by token", "alice by personal token")),
        ("let in", site.share), ("let in", f"{site.share}/pages/a.md"), ("let in", f"{site.share}/raw/a.md"),
    ]  # fmt: skip


def crossed(address: str, who: str, answer: Answer) -> bool:
    """Whether somebody else got what is the owner's alone."""
    if MINE.search(answer.body):
        return True
    if who.startswith("lea") and not address.startswith("/shared/"):  # she may read the hub, as herself
        return False
    return CANARY in answer.body or (answer.status in {200, 206, 304} and "/hidden" in address)


def read_by_others(site: Site, reads: int) -> tuple[Counter[str], list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Has each answer read by its owner, then by everybody else in every guise: what was counted, who got another's, and
    which answers said wrong things about who may keep them."""
    counted: Counter[str] = Counter()
    cross: list[tuple[str, ...]] = []
    undeclared: list[tuple[str, ...]] = []
    readers = [(who, shown) for who, shown in site.shows.items() if who.startswith(("lea", "charlie"))]
    others = cycle([("nobody", {}), *readers])
    suffixes, guises = cycle(SUFFIXES), cycle(GUISES)
    while counted["read"] < reads:
        for name, address in private_reads(site):
            for hung in (address, address + next(suffixes)):
                owners = site.ask(hung, site.shows[name])
                counted["shown"] += owners.status == 200
                is_ours = "x-kept" in owners.headers  # some spellings the proxy refuses by itself
                if is_ours and "private" not in owners.kept and "no-store" not in owners.kept:
                    undeclared.append((name, hung, str(owners.status), owners.kept))
                for guise in islice(guises, AT_ONCE):
                    who, shown = next(others)
                    said = shown | {
                        key: value.replace("ETAG", owners.headers.get("etag", '"x"'))
                        for key, value in GUISES[guise].items()
                    }
                    answer = site.ask(hung, said)
                    who = who if shown.items() <= said.items() else "nobody"
                    counted["read"] += 1
                    counted[answer.headers.get("x-kept", "")] += 1
                    if crossed(address, who, answer):
                        cross.append((name, hung, who, guise, str(answer.status)))
                    if "public" in answer.kept and "set-cookie" in answer.headers:
                        undeclared.append((who, hung, "a cookie", answer.kept))
                    assert answer.status < 500, (hung, who, guise)
    return counted, cross, undeclared


def test_nobody_reads_what_another_got(served: tuple[Served, dict[str, str]], tmp_path: Path) -> None:
    server, told = served
    with caching_proxy(tmp_path / "nginx", server.port) as port:
        site = opened(port, told)
        counted, cross, undeclared = read_by_others(site, READS)
        site.close()
        assert cross == []
        assert undeclared == []
        assert counted["read"] >= READS
        assert counted["shown"] >= 30
        kept = [site.ask("/robots.txt").headers.get("x-kept") for _ in range(2)]
        site.close()
        assert kept[1] == "HIT", "the proxy keeps what it may"


def test_a_proxy_that_keeps_everything_is_seen(served: tuple[Served, dict[str, str]], tmp_path: Path) -> None:
    """The same reads through the proxy of an accident: without this, the test above could not fail."""
    server, told = served
    with caching_proxy(tmp_path / "quiet", server.port) as port:
        site = opened(port, told)
        site.close()
    with caching_proxy(tmp_path / "deaf", server.port, DEAF) as port:
        site.port = port
        _counted, cross, _undeclared = read_by_others(site, 1)
        site.close()
    got = [address for _name, address, *_rest in cross]
    for private in ("/hidden/pages/a.md", "/account", "/api/v1/me", site.share):
        assert any(address.startswith(private) for address in got), private
    assert len(cross) > 50
