"""Is it alive, and can it do its work? Answered before everything else, whatever the Host header: probes know no names."""

import functools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from nexus.ops.answers import BARE

LIVE = "/health/live"
READY = "/health/ready"
_HEADERS = {name.decode().title(): value.decode() for name, value in BARE}

type State = Literal["ok", "degraded", "unavailable"]


def live() -> dict[str, str]:
    """The process answers; nothing else is asked, so a broken database never gets a healthy process killed."""
    return {"status": "ok"}


def ready() -> dict[str, str]:
    """Each part as "ok" or what is wrong with it, and `status`: "unavailable" means send no traffic here; "degraded"
    (Redis does not answer) means that it serves, without what Redis adds. Names no address and no version."""
    parts = {"database": _database(), "migrations": "unknown", "storage": _storage()}
    if parts["database"] == "ok":
        parts["migrations"] = _migrations()
    status: State = "ok" if all(part == "ok" for part in parts.values()) else "unavailable"
    parts["redis"] = _redis()
    if status == "ok" and parts["redis"] == "unreachable":
        status = "degraded"
    return {"status": status, **parts}


class HealthMiddleware:
    """Stands first, before hosts, sessions and redirects are looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == LIVE:
            return _answer(live())
        if request.path_info == READY:
            return _answer(ready())
        return self._get_response(request)


def _answer(state: dict[str, str]) -> JsonResponse:
    return JsonResponse(state, status=503 if state["status"] == "unavailable" else 200, headers=_HEADERS)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    try:
        return "ok" if _are_applied() else "pending"
    except Error:
        return "unknown"


_applied: set[str] = set()


def _are_applied() -> bool:
    """Asked until it is so: what is applied stays applied while this process runs."""
    name = str(connection.settings_dict["NAME"])
    if name not in _applied and not pending_migrations():
        _applied.add(name)
    return name in _applied


def pending_migrations() -> list[str]:
    """The migrations that the code has and the database has not, as app.name. Raises Error."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def _storage() -> str:
    return "ok" if storage_problem() is None else "unwritable"


def storage_problem() -> OSError | None:
    """Writes and removes a file below NEXUS_DATA_DIR; what went wrong, or None."""
    folder = Path(settings.DATA_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"nexus")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error
    return None


def _redis() -> str:
    if not settings.REDIS_URL:
        return "not used"
    return "ok" if redis_problem(settings.REDIS_URL) is None else "unreachable"


@functools.cache
def _redis_client(url: str) -> Any:
    from redis import Redis

    return Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def redis_problem(url: str) -> Exception | None:
    """What Redis at `url` answers a PING with, if not PONG."""
    from redis import RedisError

    try:
        _redis_client(url).ping()
    except (RedisError, OSError, ValueError) as error:
        return error
    return None
