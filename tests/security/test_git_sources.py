"""Git sources made to do harm (S27, E3), over real TLS from a server in this process and from folders on disk: a clear
refusal or a harmless import, no process left, nothing outside, in bounded memory and time."""

import contextlib
import gc
import hashlib
import io
import json
import os
import ssl
import stat
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import trustme
from dulwich.objects import Blob, Commit, Tree
from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import make_wsgi_chain

from nexus.accounts.actor import Actor
from nexus.base.errors import Invalid, Limited, NexusError, Unavailable
from nexus.exchange import git_worker
from nexus.exchange.actions import import_source
from nexus.exchange.sources import named_source
from nexus.hubs.actions import create_hub
from nexus.pages import blobs
from nexus.pages.models import Change
from nexus.pages.queries import all_paths

pytestmark = [pytest.mark.security, pytest.mark.django_db]
OPERATOR = Actor.operator()
AUTHOR = b"Eve <eve@example.org>"


@pytest.fixture(autouse=True)
def _hub(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    create_hub(OPERATOR, "guide")


def content() -> dict[str, bytes]:
    return {page.path: blobs.read(page.blob) for page in all_paths(OPERATOR, "guide")}


# --- A server with a certificate of its own authority ----------------------------------------------------------------


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args):
        pass


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    address_family = 2

    def handle_error(self, *_args):
        """A client that goes away is what these tests are about."""


class Host:
    """`https://localhost:PORT`, answered by `app`, which a test sets; `asked` are the paths it was asked for."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.certificate = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self.asked: list[str] = []
        self.app: Callable = answer("404 Not Found")
        self._server = make_server("127.0.0.1", 0, self._answer, server_class=_Server, handler_class=_Quiet)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}"
        self.port = str(self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def _answer(self, environ, start) -> Iterable[bytes]:
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        return self.app(environ, start)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def host(tmp_path, settings, monkeypatch) -> Iterator[Host]:
    made = Host(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    settings.ALLOWED_ADDRESSES, settings.IMPORT_PORTS = ["127.0.0.1/32"], ["443", made.port]
    yield made
    made.close()


def serve(host: Host, repository: Repo) -> str:
    host.app = make_wsgi_chain(DictBackend({"/r.git": repository}))
    return f"{host.url}/r.git"


def commit(repository: Repo, entries: Iterable[tuple[bytes, int, bytes]], *, extra: Iterable[object] = ()) -> bytes:
    """Puts a commit of a tree with these entries (name, mode, content or an object's id) on main, unchecked."""
    store = repository.object_store
    tree = Tree()
    for name, mode, data in entries:
        sha = data
        if len(data) != 40:
            blob = Blob.from_string(data)
            store.add_object(blob)
            sha = blob.id
        tree[name] = (mode, sha)
    for each in extra:
        store.add_object(each)
    store.add_object(tree)
    made = Commit()
    made.tree, made.author, made.committer, made.message = tree.id, AUTHOR, AUTHOR, b"x"
    made.author_time = made.commit_time = 1
    made.author_timezone = made.commit_timezone = 0
    store.add_object(made)
    repository.refs[b"refs/heads/main"] = made.id
    repository.refs.set_symbolic_ref(b"HEAD", b"refs/heads/main")
    return made.id


@pytest.fixture
def repository(tmp_path) -> Iterator[Repo]:
    with Repo.init_bare(str(tmp_path / "r.git"), mkdir=True) as made:
        yield made


FILE, LINK, SUBMODULE = stat.S_IFREG | 0o644, stat.S_IFLNK, 0o160000


# --- It works, when nothing is wrong ---------------------------------------------------------------------------------


def test_a_repository_is_fetched(host, repository):
    commit(repository, [(b"README.md", FILE, b"# Fetched\n"), (b"a.bin", FILE, b"\0")])
    url = serve(host, repository)
    report = import_source(OPERATOR, "guide", url)
    assert content() == {"README.md": b"# Fetched\n", "a.bin": b"\0"}
    assert Change.objects.get().source == url
    assert import_source(OPERATOR, "guide", url).change is None
    commit(repository, [(b"README.md", FILE, b"# Newer\n")])
    report = import_source(OPERATOR, "guide", url)
    assert (report.files.changed, report.files.removed) == (1, 1)


def test_only_the_newest_commit_is_fetched(host, repository, tmp_path):
    for n in range(5):
        commit(repository, [(b"a.md", FILE, b"%d" % n)])
    import_source(OPERATOR, "guide", serve(host, repository))
    assert content() == {"a.md": b"4"}


# --- Contents of repositories, local and fetched ---------------------------------------------------------------------


def _oddities(repository: Repo) -> None:
    commit(
        repository,
        [
            (b"README.md", FILE, b"# Good\n"),
            (b"run.sh", FILE | 0o111, b"#!/bin/sh\n"),
            (b"link.md", LINK, b".git/config"),
            (b"vendored", SUBMODULE, b"1" * 40),
            (b".gitmodules", FILE, b'[submodule "x"]\n\turl = ext::sh -c "touch /tmp/pwned"\n'),
            (b".gitattributes", FILE, b"*.md filter=evil\n"),
            (b"big.bin", FILE, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
            (b"\xff.md", FILE, b"name that is no UTF-8"),
            (b".git", FILE, b"gitdir: /"),
        ],
    )
    config = Path(repository.path, "config")
    config.write_text(
        config.read_text() + '[filter "evil"]\n\tsmudge = touch pwned\n[core]\n\tfsmonitor = touch pwned\n'
    )
    for hook in ("post-checkout", "post-upload-pack", "pre-receive", "reference-transaction"):
        target = Path(repository.path, "hooks", hook)
        target.parent.mkdir(exist_ok=True)
        target.write_text(f"#!/bin/sh\ntouch {repository.path}/pwned\n")
        target.chmod(0o755)


@pytest.mark.parametrize("way", ["local", "fetched"])
def test_hooks_filters_links_submodules_and_pointers_do_nothing(host, repository, tmp_path, way):
    _oddities(repository)
    source = Path(repository.path) if way == "local" else serve(host, repository)
    before = {path for path in tmp_path.rglob("*") if "data" not in path.parts}
    report = import_source(OPERATOR, "guide", source)
    assert set(content()) == {"README.md", "run.sh", ".gitmodules", ".gitattributes", "big.bin"}
    assert content()["big.bin"].startswith(b"version https://git-lfs")
    assert {noted.path for noted in report.files.refused} == {"link.md", "vendored", "\N{REPLACEMENT CHARACTER}.md"}
    assert {path for path in tmp_path.rglob("*") if "data" not in path.parts} == before
    assert list((tmp_path / "data").glob("incoming/*")) == []


@pytest.mark.parametrize("name", [b"..", b".", b"../evil.md", b"a/../../evil.md", b"/etc/evil.md", b"a//b", b""])
def test_tree_entries_that_lead_elsewhere(repository, name):
    good = Blob.from_string(b"good")
    raw = (
        b"100644 good.md\0"
        + bytes.fromhex(good.id.decode())
        + b"100644 "
        + name
        + b"\0"
        + bytes.fromhex(good.id.decode())
    )
    evil = Tree.from_raw_string(2, raw)
    commit(repository, [(b"sub", stat.S_IFDIR, evil.id)], extra=[good, evil])
    try:
        report = import_source(OPERATOR, "guide", Path(repository.path))
    except NexusError as error:
        refused = error.code
    else:
        refused = report.files.refused[0].reason
        assert set(content()) == {"sub/good.md"}
    assert refused


def _tree_bomb() -> list[Tree]:
    """Ten trees that each name the next ten times: 10^10 files in a kilobyte."""
    blob = Blob.from_string(b"x")
    made: list = [blob]
    below, mode = blob.id, FILE
    for _ in range(10):
        tree = Tree()
        for n in range(10):
            tree[b"%d" % n] = (mode, below)
        made.append(tree)
        below, mode = tree.id, stat.S_IFDIR
    return made


def test_trees_in_trees(repository):
    bomb = _tree_bomb()
    commit(repository, [(b"bomb", stat.S_IFDIR, bomb[-1].id)], extra=bomb)
    with pytest.raises(Limited) as refused:
        import_source(OPERATOR, "guide", Path(repository.path))
    assert refused.value.code == "too_many_files"


def test_a_thousand_folders_deep(repository):
    tree = Tree()
    tree[b"a.md"] = (FILE, Blob.from_string(b"x").id)
    made: list = [Blob.from_string(b"x"), tree]
    for _ in range(1000):
        above = Tree()
        above[b"d"] = (stat.S_IFDIR, made[-1].id)
        made.append(above)
    commit(repository, [(b"deep", stat.S_IFDIR, made[-1].id)], extra=made)
    with pytest.raises(NexusError):
        import_source(OPERATOR, "guide", Path(repository.path))
    assert content() == {}


def test_missing_and_damaged_objects(repository):
    commit(repository, [(b"a.md", FILE, b"1" * 40)])
    with pytest.raises(Invalid) as refused:
        import_source(OPERATOR, "guide", Path(repository.path))
    assert refused.value.code == "bad_repository"
    for loose in Path(repository.path, "objects").rglob("*"):
        if loose.is_file():
            loose.chmod(0o644)
            loose.write_bytes(b"garbage")
    with pytest.raises(Invalid) as refused:
        import_source(OPERATOR, "guide", Path(repository.path))
    assert refused.value.code == "bad_repository"


@pytest.mark.slow  # make test-all: it takes as long as a hundred others
def test_an_object_that_inflates_to_gigabytes(repository):
    """A loose object of four gigabytes of zeros, of which a few megabytes lie on the disk."""
    sha = commit(repository, [(b"a.md", FILE, b"1" * 40)])
    compressor = zlib.compressobj(9)
    data = compressor.compress(b"blob 4000000000\0")
    zeros = b"\0" * 1_000_000
    target = Path(repository.path, "objects", "11", "1" * 38)
    target.parent.mkdir(exist_ok=True)
    with target.open("wb") as file:
        file.write(data)
        for _ in range(1000):
            file.write(compressor.compress(zeros))
        file.write(compressor.flush())
    assert sha
    with pytest.raises(NexusError) as refused:
        import_source(OPERATOR, "guide", Path(repository.path))
    assert refused.value.code in {"import_too_large", "bad_repository"}


def test_alternates_and_includes_lead_nowhere_that_hurts(repository, tmp_path):
    commit(repository, [(b"a.md", FILE, b"A")])
    info = Path(repository.path, "objects", "info")
    info.mkdir(exist_ok=True)
    (info / "alternates").write_text("/dev/zero\n/proc/self\n../../../../../etc\n")
    config = Path(repository.path, "config")
    config.write_text(config.read_text() + f"[include]\n\tpath = {config}\n\tpath = /etc/passwd\n")
    with contextlib.suppress(Invalid):
        import_source(OPERATOR, "guide", Path(repository.path))
    assert set(content()) <= {"a.md"}


def test_a_head_that_points_at_itself(repository):
    commit(repository, [(b"a.md", FILE, b"A")])
    Path(repository.path, "HEAD").write_text("ref: HEAD\n")
    with pytest.raises(Invalid):
        import_source(OPERATOR, "guide", Path(repository.path))


# --- Addresses and servers -------------------------------------------------------------------------------------------

ADDRESSES = [
    "ext::sh -c 'touch pwned'", "--upload-pack=touch pwned", "-oProxyCommand=touch pwned", "file:///etc", "file://localhost/r",
    "ssh://-oProxyCommand=touch/r", "ssh://git@example.org/r.git", "git@example.org:r.git", "git://169.254.169.254/r",
    "git+ssh://example.org/r", "http://example.org/r.git", "ftp://example.org/r", "fd::17/r", "https://lea:pw@example.org/r",
    "https://169.254.169.254/latest/meta-data/", "https://[::1]/r.git", "https://localhost/r.git", "https://10.0.0.1/r",
    "https://example.org:22/r", "data:text/plain,x", "javascript://x",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_no_public_https_address(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    source = named_source(address)
    with pytest.raises(Invalid) as refused:
        import_source(OPERATOR, "guide", source)
    assert refused.value.code in {"bad_address", "unknown_source"}
    assert isinstance(source, str) == (refused.value.code == "bad_address")
    assert {p for p in tmp_path.iterdir() if p.name != "data"} == {p for p in before if p.name != "data"}


def answer(status: str, body: Iterable[bytes] = (), **headers: str) -> Callable:
    def app(_environ, start):
        start(status, [(name.replace("_", "-"), value) for name, value in headers.items()])
        return body

    return app


SMART = {"Content_Type": "application/x-git-upload-pack-advertisement"}


class Endless:
    """A body without end, as often as it is asked for."""

    def __init__(self, chunk: bytes = b"x" * 65_536) -> None:
        self._chunk = chunk

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self._chunk


def trickle() -> Iterator[bytes]:
    gate = threading.Event()
    while not gate.wait(0.2):
        yield b"f"


def refs(number: int) -> Iterator[bytes]:
    yield packet(b"# service=git-upload-pack\n") + b"0000"
    yield packet(b"1" * 40 + b" HEAD\0shallow side-band-64k ofs-delta\n")
    for n in range(number):
        yield packet(b"1" * 40 + b" refs/heads/%09d\n" % n)
    yield b"0000"


def packet(data: bytes) -> bytes:
    return b"%04x" % (len(data) + 4) + data


SERVERS: dict[str, tuple[Callable, type[NexusError]]] = {
    "404": (answer("404 Not Found"), Unavailable),
    "401": (answer("401 Unauthorized", WWW_Authenticate="Basic"), Unavailable),
    "500": (answer("500 Oops"), Unavailable),
    "a web page": (answer("200 OK", [b"<html>"], Content_Type="text/html"), Unavailable),
    "the dumb protocol": (
        answer("200 OK", [b"1" * 40 + b"\trefs/heads/main\n"], Content_Type="text/plain"),
        Unavailable,
    ),
    "garbage": (answer("200 OK", [os.urandom(1000)], **SMART), NexusError),
    "nothing": (answer("200 OK", [], **SMART), NexusError),
    "endless answer": (answer("200 OK", Endless(), **SMART), NexusError),
    "endless packets": (answer("200 OK", Endless(packet(b"1" * 40 + b" refs/heads/x\n") * 1000), **SMART), Limited),
    "a hundred thousand refs": (answer("200 OK", list(refs(100_000)), **SMART), NexusError),
    "gzip bomb": (
        answer("200 OK", [zlib.compress(b"\0" * 50_000_000)], Content_Encoding="deflate", **SMART),
        NexusError,
    ),
    "redirect to a private address": (answer("302 Found", Location="https://127.0.0.2/r.git/info/refs"), NexusError),
    "redirect to metadata": (answer("302 Found", Location="https://169.254.169.254/info/refs"), NexusError),
    "redirect to http": (answer("301 Moved", Location="http://example.org/r.git/info/refs"), NexusError),
    "redirect to a file": (answer("302 Found", Location="file:///etc/passwd"), NexusError),
    "redirect with a password": (answer("302 Found", Location="https://a:b@localhost/info/refs"), NexusError),
    "redirect without end": (answer("302 Found", Location="/r.git/info/refs"), Unavailable),
    "redirect with an endless body": (answer("302 Found", Endless(), Location="/r.git/info/refs"), Unavailable),
}


@pytest.mark.parametrize(("app", "error"), SERVERS.values(), ids=SERVERS.keys())
def test_a_server_that_does_not_play_fair(host, settings, app, error):
    settings.MAX_IMPORT_MB = 3
    host.app = app
    with pytest.raises(error):
        import_source(OPERATOR, "guide", f"{host.url}/r.git")
    assert content() == {}
    assert all(asked.startswith("GET /r.git/info/refs") for asked in host.asked)
    assert len(host.asked) <= 4
    assert children() == []


def test_a_server_that_answers_a_byte_at_a_time(host, settings):
    settings.MAX_IMPORT_SECONDS = 4
    host.app = answer("200 OK", trickle(), **SMART)
    with pytest.raises(Limited) as refused:
        import_source(OPERATOR, "guide", f"{host.url}/r.git")
    assert refused.value.code == "import_too_slow"
    assert children() == []
    assert list((Path(settings.DATA_DIR) / "incoming").iterdir()) == []


def test_the_worker_ends_with_its_starter(host, tmp_path):
    """However that one ends, its end of the pipe closes."""
    host.app = answer("200 OK", trickle(), **SMART)
    job = ("", f"{host.url}/r.git", str(tmp_path), ["127.0.0.1/32"], [int(host.port)], 10, 10**6, 10**6)
    process = subprocess.Popen(
        [sys.executable, "-m", "nexus.exchange.git_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "SSL_CERT_FILE": str(host.certificate)},
    )
    process.stdin.write(json.dumps(dict(zip(git_worker.Job._fields, job, strict=True))).encode() + b"\n")
    process.stdin.flush()
    while not host.asked:
        os.sched_yield()
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(timeout=60) == 1
    process.stdout.close()


def test_a_question_is_not_asked_elsewhere(host, repository):
    """A redirect of the POST (307 keeps the body) is not followed."""
    commit(repository, [(b"a.md", FILE, b"A")])
    serve(host, repository)
    honest = host.app

    def app(environ, start):
        if environ["REQUEST_METHOD"] == "POST":
            return answer("307 Temporary Redirect", Location="https://127.0.0.2/git-upload-pack")(environ, start)
        return honest(environ, start)

    host.app = app
    with pytest.raises(Unavailable):
        import_source(OPERATOR, "guide", f"{host.url}/r.git")


def test_a_redirect_of_the_first_question_is_followed(host, repository):
    commit(repository, [(b"a.md", FILE, b"A")])
    serve(host, repository)
    honest = host.app

    def app(environ, start):
        if environ["PATH_INFO"].startswith("/old"):
            query = environ["QUERY_STRING"]
            return answer("301 Moved", Location=f"{host.url}/r.git/info/refs?{query}")(environ, start)
        return honest(environ, start)

    host.app = app
    import_source(OPERATOR, "guide", f"{host.url}/old")
    assert content() == {"a.md": b"A"}


def test_a_certificate_nobody_signed(host, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable):
        import_source(OPERATOR, "guide", f"{host.url}/r.git")
    assert host.asked == []


def test_an_address_that_is_not_allowed_is_not_connected_to(host, settings):
    settings.ALLOWED_ADDRESSES = []
    with pytest.raises(Invalid) as refused:
        import_source(OPERATOR, "guide", f"{host.url}/r.git")
    assert (refused.value.code, host.asked) == ("bad_address", [])


# --- Packs -----------------------------------------------------------------------------------------------------------


def pack_object(kind: int, size: int, data: bytes, base: bytes = b"") -> bytes:
    byte, rest, head = (kind << 4) | (size & 15), size >> 4, b""
    while rest:
        head += bytes([byte | 0x80])
        byte, rest = rest & 0x7F, rest >> 7
    return head + bytes([byte]) + base + zlib.compress(data, 9)


def pack(*objects: bytes, number: int | None = None) -> bytes:
    body = struct.pack(">4sLL", b"PACK", 2, len(objects) if number is None else number) + b"".join(objects)
    return body + hashlib.sha1(body).digest()


def size_of(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def delta_bomb(copies: int) -> bytes:
    """A base of 16 MB of zeros, and a delta that copies it again and again."""
    base = b"\0" * 0xFFFFFF
    delta = size_of(len(base)) + size_of(len(base) * copies) + b"\xf0\xff\xff\xff" * copies
    first = pack_object(3, len(base), base)
    offset = len(first)
    encoded, offset = bytes([offset & 0x7F]), offset >> 7
    while offset:
        offset -= 1
        encoded, offset = bytes([0x80 | (offset & 0x7F)]) + encoded, offset >> 7
    return pack(first, pack_object(6, len(delta), delta, encoded))


def fake(pack_bytes: bytes) -> Callable:
    """A server whose one commit comes in this pack."""

    def app(environ, start):
        if environ["REQUEST_METHOD"] == "GET":
            return answer("200 OK", refs(0), **SMART)(environ, start)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        parts = [packet(b"shallow " + b"1" * 40 + b"\n"), b"0000", packet(b"NAK\n")]
        parts += [packet(b"\1" + pack_bytes[at : at + 60_000]) for at in range(0, len(pack_bytes), 60_000)]
        return answer("200 OK", [*parts, b"0000"], Content_Type="application/x-git-upload-pack-result")(environ, start)

    return app


PACKS: dict[str, Callable[[], bytes]] = {
    "no pack": lambda: b"not a pack at all",
    "empty": lambda: b"",
    "without the commit": lambda: pack(pack_object(3, 1, b"x")),
    "wrong checksum": lambda: pack(pack_object(3, 1, b"x"))[:-1] + b"\0",
    "cut": lambda: pack(pack_object(3, 1000, os.urandom(1000)))[:500],
    "count lies": lambda: pack(pack_object(3, 1, b"x"), number=1_000_000),
    "size lies": lambda: pack(pack_object(3, 5, b"\0" * 5_000_000)),
    "delta of four gigabytes": lambda: delta_bomb(256),
    "delta onto itself": lambda: pack(pack_object(6, 3, b"\1\1\0", b"\0")),
    "unknown kind": lambda: pack(pack_object(5, 1, b"x")),
}


@pytest.mark.parametrize("build", PACKS.values(), ids=PACKS.keys())
def test_a_pack_that_does_harm(host, build):
    host.app = fake(build())
    with pytest.raises(NexusError) as refused:
        import_source(OPERATOR, "guide", f"{host.url}/r.git")
    assert refused.value.code in {"bad_repository", "import_too_large", "too_many_files", "unreachable_source"}
    assert any(asked.startswith("POST") for asked in host.asked)
    assert content() == {}
    assert children() == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # dulwich leaves half-opened packs
@pytest.mark.slow  # make test-all: the same attacks as above, asked of the worker without what surrounds it
@pytest.mark.parametrize("name", [*SERVERS, *PACKS])
def test_what_the_worker_says_itself(host, tmp_path, name):
    """The same once more without the process around it, so that what is refused is refused by a reason, not by its
    memory or its time."""
    if name == "delta of four gigabytes":
        pytest.skip("that is what the process is for")
    host.app = SERVERS[name][0] if name in SERVERS else fake(PACKS[name]())
    folder = tmp_path / "fetched"
    folder.mkdir()
    job = git_worker.Job("", f"{host.url}/r.git", str(folder), ["127.0.0.1/32"], [int(host.port)], 1000, 10**6, 10**7)
    with pytest.raises(Exception) as raised:
        git_worker.run(job, io.BytesIO())
    code = git_worker.refusal(raised.value).code
    del raised  # with its frames goes what dulwich left open: here, not in whichever test comes next
    gc.collect()
    assert code in {"bad_repository", "import_too_large", "too_many_files", "unreachable_source", "bad_address"}


def test_what_the_worker_writes(host, repository):
    _oddities(repository)
    url = serve(host, repository)
    frames = []
    for path, address, folder in ((repository.path, "", ""), ("", url, str(host.certificate.parent))):
        out = io.BytesIO()
        git_worker.run(git_worker.Job(path, address, folder, ["127.0.0.1"], [int(host.port)], 100, 40, 10**6), out)
        frames.append(out.getvalue())
    assert frames[0] == frames[1]
    assert json.loads(frames[0].splitlines()[0]).keys() == {"files", "head"}
    assert b'{"path": "big.bin", "refused": ["it has more than %(size)s MB", {"size": "0"}]}' in frames[0]
    assert frames[0].endswith(b'{"done": true}\n')


def test_a_pack_above_the_limit_is_not_stored(host, settings):
    settings.MAX_IMPORT_MB = 1
    host.app = fake(pack(pack_object(3, 3_000_000, os.urandom(3_000_000))))
    with pytest.raises(Limited) as refused:
        import_source(OPERATOR, "guide", f"{host.url}/r.git")
    assert refused.value.code == "import_too_large"
    assert list((Path(settings.DATA_DIR) / "incoming").iterdir()) == []


def children() -> list[str]:
    """The processes this one still has, but for the parser, which stays for the next text."""
    listed = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True, check=False
    )
    return [line for line in listed.stdout.splitlines() if "git_worker" in line]
