"""R4: a server is told to stop with streams open, requests under way and an import running: streams are told to come back,
what was begun is answered, and the next server ends the import."""

import http.client
import io
import json
import signal
import threading
import zipfile
from collections.abc import Callable

import pytest
from tests.faults.demands import HERE, JSON
from tests.live.stage import Stage
from tests.ops.serving import PATIENCE

pytestmark = pytest.mark.faults
FILES, STREAMS, WRITERS = 6_000, 20, 6


def test_a_stop_amid_everything_loses_nothing(start_stage: Callable[..., Stage]) -> None:
    often = {"NEXUS_RATE_SIGNED_IN": "1000000", "NEXUS_TEST_SILENT": "15"}
    stage = start_stage(**often)
    begin = stage.do("hub", "cohort", "private", {"alice": "owner"})
    token = stage.do("personal_token", "alice", None, ["admin"])[1]
    headers = {"Authorization": f"Bearer {token}"}
    job = _import(stage, headers)
    stage.until(lambda: stage.do("job_state", job) == "running")
    peers = [stage.follow("cohort", begin, token=token) for _ in range(STREAMS)]
    acknowledged: list[str] = []
    refused: list[str] = []
    cut: list[str] = []
    written = threading.Semaphore(0)

    def write(writer: int) -> None:
        for n in range(10_000):
            path = f"w-{writer}-{n}.md"
            connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=PATIENCE)
            try:
                connection.connect()
                body = json.dumps({"path": path, "text": "x"})
                connection.request("POST", f"{HERE}/pages", body, {**headers, "Content-Type": JSON["Content_Type"]})
                answer = connection.getresponse()
                answer.read()
            except ConnectionError:
                refused.append(path)  # it takes no more
                return
            except http.client.HTTPException as error:
                cut.append(f"{path}: {error!r}")
                return
            finally:
                connection.close()
            if answer.status != 201:
                cut.append(f"{path}: {answer.status}")
            acknowledged.append(path)
            written.release()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for each in writers:
        each.start()
    for _ in range(3 * WRITERS):
        assert written.acquire(timeout=PATIENCE)
    stage.process.send_signal(signal.SIGTERM)
    assert {peer.end() for peer in peers} == {(1012, "restarting")}
    for each in writers:
        each.join(PATIENCE)
    assert stage.stop() == 0, stage.output
    assert not cut, "an answer broke off, or was an error"
    after = start_stage(**often)
    assert after.do("job_state", job) == "running", "it was not done yet"
    after.until(lambda: after.do("job_state", job) not in {"queued", "running"})
    assert after.do("job_state", job) == "done"
    paths = {path for (path,) in after.do("paths", "cohort")}
    assert set(acknowledged) <= paths
    assert not paths & set(refused), "what was done was answered"
    assert {f"imported/{n}.md" for n in range(FILES)} <= paths


def _import(stage: Stage, headers: dict[str, str]) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(FILES):
            archive.writestr(f"imported/{n}.md", f"# {n}\n\n" + f"word {n} " * 200)
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.zip"\r\n\r\n%b\r\n--x--\r\n'
    kind = {"Content_Type": "multipart/form-data; boundary=x"}
    status, _headers, body = stage.ask(f"{HERE}/imports", "POST", file % packed.getvalue(), **headers, **kind)
    assert status == 202, body
    return str(json.loads(body)["id"])
