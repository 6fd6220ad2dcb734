"""The same problem seen by two people has one fingerprint, two problems have two. All messages here are made up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.knowledge.fingerprint import MAX_INPUT, fingerprint

# Each group is one problem, as different people saw it.
SAME: dict[str, list[str]] = {
    "python missing module": [
        (
            'Traceback (most recent call last):\n  File "/home/lea/app/manage.py", line 11, in <module>\n'
            "    main()\nModuleNotFoundError: No module named 'environ'"
        ),
        "ModuleNotFoundError: No module named 'environ'",
        '  File "C:\\Users\\Leo\\app\\manage.py", line 22, in main\nModuleNotFoundError: No module named "environ"',
        "\x1b[31mModuleNotFoundError\x1b[0m: No module named 'environ'",
        "web-1  | ModuleNotFoundError: No module named 'environ'",
        "2026-03-04 10:11:12,345 ERROR ModuleNotFoundError: No module named 'environ'",
        "E   ModuleNotFoundError: No module named 'environ'",
        (
            '$ python manage.py runserver\nTraceback (most recent call last):\n  File "x.py", line 1\n'
            "ModuleNotFoundError: No module named 'environ'\n$ "
        ),
    ],
    "python key error": [
        "KeyError: 'user_id'",
        (
            'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    d["user_id"]\n    ~^^^^^^\n'
            "KeyError: 'user_id'"
        ),
    ],
    "postgres refused": [
        'connection to server at "127.0.0.1", port 5432 failed: Connection refused',
        'connection to server at "localhost", port 5433 failed: Connection refused',
        'connection to server at "10.0.0.7", port 5432 failed: Connection refused',
        'connection to server at "db.internal" (172.18.0.3), port 5432 failed: Connection refused',
    ],
    "postgres password": [
        'FATAL:  password authentication failed for user "lea"',
        'psql: error: FATAL:  password authentication failed for user "postgres"',
        "FATAL: password authentication failed for user 'leo_dev'",
    ],
    "node refused": [
        "Error: connect ECONNREFUSED 127.0.0.1:5432",
        "(node:1234) UnhandledPromiseRejectionWarning: Error: connect ECONNREFUSED 127.0.0.1:6000",
        (
            "Error: connect ECONNREFUSED ::1:5432\n"
            "    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1141:16) {\n  errno: -111,"
        ),
    ],
    "javascript undefined": [
        "TypeError: Cannot read properties of undefined (reading 'map')",
        "Uncaught TypeError: Cannot read properties of undefined (reading 'map')\n    at List (List.jsx:12:20)",
        "> TypeError: Cannot read properties of undefined (reading 'map')",
    ],
    "java null": [
        'Exception in thread "main" java.lang.NullPointerException: name is null\n\tat com.a.Main.main(Main.java:5)',
        "java.lang.NullPointerException: name is null",
        (
            'Exception in thread "http-nio-8080-exec-3" java.lang.NullPointerException: name is null\n'
            "\tat org.b.C.d(C.java:77)"
        ),
    ],
    "java cause": [
        (
            "org.springframework.BeanCreationException: failed\n\tat x.y(Z.java:1)\n"
            "Caused by: java.net.ConnectException: Connection refused"
        ),
        "Caused by: java.net.ConnectException: Connection refused",
    ],
    "go index": [
        (
            "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n"
            "\t/tmp/x.go:8 +0x1d"
        ),
        "panic: runtime error: index out of range [12] with length 7",
    ],
    "mysql access": [
        "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: YES)",
        "ERROR 1045 (28000): Access denied for user 'lea'@'172.17.0.1' (using password: YES)",
    ],
    "sqlite unique": [
        "sqlite3.IntegrityError: UNIQUE constraint failed: users_user.email",
        "IntegrityError: UNIQUE constraint failed: users_user.email",
        "django.db.utils.IntegrityError: UNIQUE constraint failed: users_user.email",
    ],
    "oracle": ["ORA-00942: table or view does not exist", "SQL Error: ORA-00942: table or view does not exist"],
    "docker name": [
        (
            'docker: Error response from daemon: Conflict. The container name "/web" is already in use by '
            'container "3f2a8c9d1e0b".'
        ),
        (
            'Error response from daemon: Conflict. The container name "/db_1" is already in use by container '
            '"aa11bb22cc33".'
        ),
    ],
    "docker daemon": [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "Cannot connect to the Docker daemon at tcp://192.168.0.9:2375. Is the docker daemon running?",
    ],
    "killed": [
        "process exited with code 137",
        "worker-1 exited with code 137",
        "The container exited with exit code: 137",
    ],
    "shell missing": [
        "bash: make: command not found",
        "zsh: command not found: make",
        "/bin/sh: 1: make: not found",
        "-bash: line 3: make: command not found",
    ],
    "git": [
        "fatal: not a git repository (or any of the parent directories): .git",
        "$ git status\nfatal: not a git repository (or any of the parent directories): .git",
    ],
    "typescript": [
        "src/app.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.",
        "lib/other.ts:7:1 - error TS2322: Type 'string' is not assignable to type 'number'.",
    ],
    "npm": [
        "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree",
        "npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree",
    ],
    "http": ["HTTP/1.1 502 Bad Gateway", "502 Bad Gateway", "HTTP/2 502 Bad Gateway"],
    "no such file": [
        "FileNotFoundError: [Errno 2] No such file or directory: '/home/lea/x/.env'",
        "FileNotFoundError: [Errno 2] No such file or directory: '/srv/app/.env'",
    ],
    "port in use": [
        "Error: listen EADDRINUSE: address already in use :::3000",
        "Error: listen EADDRINUSE: address already in use 0.0.0.0:8080",
    ],
    "rust": [
        "error[E0382]: borrow of moved value: `v`\n --> src/main.rs:6:20",
        "error[E0382]: borrow of moved value: `v`",
    ],
    "object at": [
        "TypeError: <app.models.User object at 0x7f3c> is not JSON serializable",
        "TypeError: <app.models.User object at 0x11aa22bb> is not JSON serializable",
    ],
}

DIFFERENT = [
    "ModuleNotFoundError: No module named 'environ'",
    "ModuleNotFoundError: No module named 'celery'",
    "ImportError: cannot import name 'environ' from 'x'",
    "KeyError: 'user_id'",
    "KeyError: 'email'",
    "AttributeError: 'NoneType' object has no attribute 'id'",
    "AttributeError: 'NoneType' object has no attribute 'name'",
    "OperationalError: no such table: blog_post",
    "OperationalError: database is locked",
    "IntegrityError: UNIQUE constraint failed: users_user.email",
    "IntegrityError: FOREIGN KEY constraint failed",
    "Error: connect ECONNREFUSED 127.0.0.1:5432",
    "Error: connect ETIMEDOUT 10.0.0.1:5432",
    "Error: listen EADDRINUSE: address already in use :::3000",
    "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: YES)",
    "ERROR 1146 (42S02): Table 'app.users' doesn't exist",
    "TypeError: Cannot read properties of undefined (reading 'map')",
    "TypeError: Cannot read properties of null (reading 'map')",
    "bash: make: command not found",
    "bash: docker: command not found",
    "502 Bad Gateway",
    "404 Not Found",
    "process exited with code 137",
    "process exited with code 1",
    "error TS2322: Type 'string' is not assignable to type 'number'.",
    "error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
    "fatal: not a git repository (or any of the parent directories): .git",
    "fatal: refusing to merge unrelated histories",
    "CommandError: Conflicting migrations detected",
    "panic: runtime error: index out of range [5] with length 3",
    "panic: runtime error: invalid memory address or nil pointer dereference",
    "Access to fetch at 'http://a:1' from origin 'http://b:2' has been blocked by CORS policy",
]


@pytest.mark.parametrize("problem", SAME)
def test_two_people_with_one_problem_have_one_fingerprint(problem: str) -> None:
    found = [fingerprint(text) for text in SAME[problem]]
    assert None not in found
    assert len({f.digest for f in found if f}) == 1, found


def test_different_problems_have_different_fingerprints() -> None:
    texts = [group[0] for group in SAME.values()]
    found = {}
    for text in [*DIFFERENT, *texts]:
        mark = fingerprint(text)
        assert mark is not None, text
        found.setdefault(mark.digest, set()).add((mark.error_class, mark.message))
    assert len({fingerprint(text).digest for text in DIFFERENT}) == len(DIFFERENT)  # type: ignore[union-attr]
    assert all(len(said) == 1 for said in found.values())


@pytest.mark.parametrize(
    ("text", "error_class"),
    [
        ("django.db.utils.OperationalError: no such table: a_b", "OperationalError"),
        ("Error: listen EADDRINUSE: address already in use :::3000", "EADDRINUSE"),
        ("ORA-00942: table or view does not exist", "ORA-00942"),
        ("ERROR 1045 (28000): Access denied for user 'root'@'localhost'", "SQL 1045"),
        ("command terminated with exit code 137", "exit 137"),
        ("HTTP/1.1 500 Internal Server Error", "HTTP 500"),
        ("TypeError [ERR_INVALID_ARG_TYPE]: The argument must be of type string", "TypeError"),
        ("something odd failed", ""),
    ],
)
def test_the_errors_own_name(text: str, error_class: str) -> None:
    found = fingerprint(text)
    assert found is not None
    assert found.error_class == error_class


@pytest.mark.parametrize("text", ["", "   \n\t", "12345", "---", "\x1b[0m", "at foo (bar.js:1:2)"])
def test_a_text_without_an_error_has_none(text: str) -> None:
    assert fingerprint(text) is None


def test_the_message_holds_nothing_personal() -> None:
    found = fingerprint(
        "FileNotFoundError: '/home/lea/secret/.env' at 10.1.2.3:5432, id "
        "550e8400-e29b-41d4-a716-446655440000, mail lea@example.org"
    )
    assert found is not None
    for private in ("lea", "secret", "10.1.2.3", "5432", "550e8400", "example.org"):
        assert private not in found.message


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_taken(text: str) -> None:
    found = fingerprint(text)
    assert found == fingerprint(text)
    if found is not None:
        assert len(found.digest) == 16
        assert len(found.message) <= 300


@given(
    st.sampled_from(DIFFERENT),
    st.lists(st.sampled_from(["lea", "leo", "app", "src", "v2"]), min_size=2, max_size=4),
    st.integers(1, 9_999),
    st.sampled_from(["", "\x1b[1;31m"]),
)
def test_who_and_where_do_not_matter(message: str, path: list[str], line: int, colour: str) -> None:
    frame = f'Traceback (most recent call last):\n  File "/{"/".join(path)}/x.py", line {line}, in f\n    g()\n'
    assert fingerprint(f"{frame}{colour}ValueError: bad value in {message[:3]}\x1b[0m") == fingerprint(
        f"ValueError: bad value in {message[:3]}"
    )


@pytest.mark.parametrize(
    "unit",
    [
        "a.",
        "/a",
        "\\a",
        "'",
        "1:",
        "::",
        "a@",
        "http://",
        "[",
        "E" * 9,
        "Error: ",
        "0x",
        "(",
        "\x1b[",
        "at x\n",
        'File "x", line 1\n',
        "[1",
        "a:1:",
    ],
)
def test_hostile_input_is_bounded(unit: str) -> None:
    for size in (MAX_INPUT, 50 * MAX_INPUT):
        fingerprint(unit * (size // len(unit)))
