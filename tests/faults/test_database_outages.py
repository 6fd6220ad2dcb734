"""R6: PostgreSQL that stops, restarts, dies, freezes, has no connection left or ends what meets: what cannot be done is told
as 503 with Retry-After, by every door; nothing that was acknowledged is lost; and it heals without a restart."""

import io
import json
import os
import shutil
import signal
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.faults.cluster import INITDB, Cluster
from tests.faults.demands import HERE, JSON, Demands, is_told
from tests.live.stage import SETTINGS, Stage
from tests.ops.serving import PATIENCE, command
from tests.security.every_door import Door

pytestmark = [
    pytest.mark.faults,
    pytest.mark.services,
    pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="these bring databases of their own"),
]
needs_postgresql = pytest.mark.skipif(not INITDB.exists(), reason="no initdb of PostgreSQL is here")
#: Each way in which it goes away, by `make test-faults`; else the worst.
ALL = os.environ.get("NEXUS_TEST_OUTAGES") == "all"
#: Edits of each writer while the database is disturbed.
EDITS = int(os.environ.get("NEXUS_TEST_EDITS", "20"))
#: Of an import that goes on when its database is restarted.
FILES = 3_000
KEY = "k" * 50


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    started: list[Stage] = []

    def start(cluster: Cluster | None = None) -> Stage:
        data = tmp_path / "var"
        data.mkdir(exist_ok=True)
        environment = {"DATABASE_URL": cluster.url, "SECRET_KEY": KEY} if cluster else {}
        if cluster:
            command(data, "manage", "migrate", "--verbosity", "0", **environment)
        started.append(Stage(data, **SETTINGS, NEXUS_RATE_SIGNED_IN="1000000", **environment))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait(PATIENCE)
        if each.process.stderr:
            each.process.stderr.close()


def is_sound(stage: Stage) -> None:
    """Nothing was a defect, and it ends well."""
    _before, defect, what = stage.output.partition("Traceback")
    assert not defect, what[:5_000]
    assert stage.stop() == 0


@needs_postgresql
@pytest.mark.parametrize("mode", ["immediate", "fast"] if ALL else ["immediate"])
def test_a_database_that_is_away_is_told_by_every_door(
    cluster: Cluster, serve: Callable[..., Stage], mode: str
) -> None:
    stage = serve(cluster)
    demands = Demands(stage)
    assert demands.is_well()
    cluster.stop(mode)
    for name, got in (demands.reads() | demands.writes()).items():
        is_told(name, got)
        if "json" in got.headers["content-type"]:
            assert b'"unavailable"' in got.body, (name, got)
    got = demands.writes()["form"]
    assert "What you wrote is still here" in got.body.decode()
    assert ">\ntyped-" in got.body.decode()
    assert stage.ask("/health/live")[0] == 200
    assert stage.ask("/health/ready")[0] == 503
    cluster.start()
    stage.until(demands.is_well)
    demands.nothing_is_lost()
    is_sound(stage)


def _terminate(cluster: Cluster) -> None:
    for pid in cluster.backends():
        cluster.sql(f"SELECT pg_terminate_backend({pid})")


def _kill_one(cluster: Cluster) -> None:
    """What PostgreSQL takes for a crash: it ends all others too, and recovers."""
    for pid in cluster.backends()[:1]:
        os.kill(pid, signal.SIGKILL)


def _restart(cluster: Cluster) -> None:
    cluster.stop("fast")
    cluster.start()


def _crash(cluster: Cluster) -> None:
    cluster.stop("immediate")
    cluster.start()


def _freeze(cluster: Cluster) -> None:
    with cluster.frozen():
        threading.Event().wait(2)  # it is the fault that lasts, nothing is waited for


@needs_postgresql
@pytest.mark.parametrize("disturb", [_terminate, _kill_one, _restart, _crash, _freeze] if ALL else [_crash])
def test_whoever_writes_meanwhile_loses_nothing(
    cluster: Cluster, serve: Callable[..., Stage], disturb: Callable[[Cluster], None]
) -> None:
    """Four writers whose requests have keys send again what was not taken: each page comes to be once."""
    stage = serve(cluster)
    demands = Demands(stage)
    statuses: set[int] = set()
    written = threading.Semaphore(0)

    def write(writer: int) -> None:
        for n in range(EDITS):
            body = json.dumps({"path": f"w-{writer}-{n}.md", "text": f"{writer} {n}"})
            for _ in range(PATIENCE):
                got = demands.ask(
                    demands.program, f"{HERE}/pages", "POST", body, **JSON, Idempotency_Key=f"{writer}-{n}"
                )
                statuses.add(got.status)
                if got.status != 503:
                    break
                is_told("write", got)
                threading.Event().wait(0.1)  # Retry-After would say five seconds
            assert got.status == 201, got
            demands.acknowledged.append(f"w-{writer}-{n}.md")
            written.release()

    failed: list[Exception] = []

    def guarded(writer: int) -> None:
        try:
            write(writer)
        except Exception as error:  # noqa: BLE001  told below
            failed.append(error)
            written.release(EDITS)

    writers = [threading.Thread(target=guarded, args=(n,)) for n in range(4)]
    for each in writers:
        each.start()
    for _ in range(2):
        for _ in range(EDITS):
            assert written.acquire(timeout=PATIENCE)
        _try_to(disturb, cluster)
    for each in writers:
        each.join(PATIENCE)
    assert not failed, (failed, stage.output)
    assert statuses <= {201, 503}
    stage.until(demands.is_well)
    demands.nothing_is_lost()
    is_sound(stage)


def _try_to(disturb: Callable[[Cluster], None], cluster: Cluster) -> None:
    """Does it; right after a crash the cluster does not let everybody in yet."""
    for _ in range(PATIENCE):
        try:
            return disturb(cluster)
        except psycopg.OperationalError:
            threading.Event().wait(0.2)
    raise AssertionError("The cluster did not come back.")


@needs_postgresql
def test_without_a_connection_left_it_is_told_and_heals(serve: Callable[..., Stage]) -> None:
    cluster = Cluster(connections=12)
    taken: list[psycopg.Connection] = []
    try:
        stage = serve(cluster)
        demands = Demands(stage)
        taken.append(psycopg.connect(cluster.url_of("postgres"), autocommit=True))
        for _ in range(PATIENCE):
            taken[0].execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'nexus'")
            try:
                while True:
                    taken.append(psycopg.connect(cluster.url_of("postgres"), autocommit=True))
            except psycopg.OperationalError as error:
                assert "too many clients" in str(error) or "connection slots" in str(error)  # noqa: PT017
            left = taken[0].execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'nexus'").fetchone()
            if left == (0,):
                break
        for name, got in (demands.reads() | demands.writes()).items():
            is_told(name, got)
        while taken:
            taken.pop().close()
        stage.until(demands.is_well)
        demands.nothing_is_lost()
        is_sound(stage)
    finally:
        for each in taken:
            each.close()
        cluster.close()


@needs_postgresql
def test_a_deadlock_is_begun_again(cluster: Cluster, serve: Callable[..., Stage]) -> None:
    """Nexus holds the hub and waits for the versions; somebody holds the versions and asks for the hub."""
    stage = serve(cluster)
    demands = Demands(stage)
    # Of clients: vacuuming waits for the table too, when its time comes.
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND backend_type = 'client backend'"
    with psycopg.connect(cluster.url) as other:
        other.execute("SET deadlock_timeout = '60s'")  # so it is not this one that finds it
        other.execute("SET lock_timeout = '60s'")
        other.execute("LOCK TABLE pages_version IN EXCLUSIVE MODE")
        found: list[int] = []

        def save() -> None:
            body = json.dumps({"path": "met.md", "text": "x"})
            found.append(demands.ask(demands.program, f"{HERE}/pages", "POST", body, **JSON).status)

        saving = threading.Thread(target=save)
        saving.start()
        stage.until(lambda: cluster.sql(waits) >= [(1,)])
        other.execute("SELECT id FROM hubs_hub FOR UPDATE")
        other.rollback()
    saving.join(PATIENCE)
    assert found == [201]
    assert "deadlock detected" in (cluster.data / "log").read_text()
    demands.acknowledged.append("met.md")
    demands.nothing_is_lost()
    is_sound(stage)


@needs_postgresql
def test_a_serialisation_failure_is_begun_again(cluster: Cluster, serve: Callable[..., Stage]) -> None:
    """A database whose transactions see one moment ends those that meet."""
    cluster.sql("ALTER DATABASE nexus SET default_transaction_isolation = 'repeatable read'")
    stage = serve(cluster)
    demands = Demands(stage)
    statuses: list[int] = []

    def write(writer: int) -> None:
        for n in range(EDITS):
            body = json.dumps({"path": f"s-{writer}-{n}.md", "text": "x"})
            got = demands.ask(demands.program, f"{HERE}/pages", "POST", body, **JSON)
            statuses.append(got.status)
            if got.status == 201:
                demands.acknowledged.append(f"s-{writer}-{n}.md")
            else:
                is_told("write", got)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(PATIENCE)
    assert len(statuses) == 4 * EDITS
    assert set(statuses) <= {201, 503}
    assert "could not serialize" in (cluster.data / "log").read_text()
    demands.nothing_is_lost()
    is_sound(stage)


@needs_postgresql
def test_the_first_requests_of_a_session_may_come_at_once(cluster: Cluster, serve: Callable[..., Stage]) -> None:
    """As a browser asks right after signing in: each notes the session, one of them is first."""
    stage = serve(cluster)
    Demands(stage)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(EDITS):
            browser = Door(stage, "alice", "session")
            found = [pool.submit(browser.ask, "/cohort/pages/README.md") for _ in range(8)]
            assert [each.result(PATIENCE)[0] for each in found] == [200] * 8
    is_sound(stage)


@needs_postgresql
def test_an_import_whose_database_restarts_is_done_all_the_same(cluster: Cluster, serve: Callable[..., Stage]) -> None:
    stage = serve(cluster)
    demands = Demands(stage)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(FILES):
            archive.writestr(f"imported/{n}.md", f"# {n}\n\n" + f"word {n} " * 200)
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.zip"\r\n\r\n%b\r\n--x--\r\n'
    kind = {"Content_Type": "multipart/form-data; boundary=x"}
    begun = demands.ask(demands.program, f"{HERE}/imports", "POST", file % packed.getvalue(), **kind)
    assert begun.status == 202, begun
    job = f"{HERE}/imports/{json.loads(begun.body)['id']}"

    def state() -> str:
        got = demands.ask(demands.program, job)
        return str(json.loads(got.body)["state"]) if got.status == 200 else ""

    stage.until(lambda: state() == "running")
    _crash(cluster)
    stage.until(lambda: state() not in {"", "queued", "running"})
    assert "is begun again" in stage.output
    told = json.loads(demands.ask(demands.program, job).body)
    assert told["state"] == "done", (told, stage.output)
    demands.acknowledged += [f"imported/{n}.md" for n in range(FILES)]
    demands.nothing_is_lost()
    is_sound(stage)


def test_a_foreign_writer_of_sqlite_holds_up_no_reader(serve: Callable[..., Stage]) -> None:
    stage = serve()
    demands = Demands(stage)
    assert demands.is_well()
    other = sqlite3.connect(stage.data / "nexus.sqlite3", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert {name: got.status for name, got in demands.reads().items() if got.status != 200} == {}
        for name, got in demands.writes().items():
            if name == "graphql":  # what a mutation refuses is part of its answer
                assert b'"errors":[{"code":"busy"}]' in got.body
            else:
                is_told(name, got)
        other.execute("ROLLBACK")
    finally:
        other.close()
    stage.until(demands.is_well)
    demands.nothing_is_lost()
    is_sound(stage)
    shutil.rmtree(stage.data)
