"""`nexus serve`."""

from typing import Annotated

import typer
from django.conf import settings
from django.db import DatabaseError, connection

from nexus.ops import health, server
from nexus.ops.cli.door import console, prepare_database


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=0, max=64, help="Server processes; 0: what NEXUS_WORKERS says.")] = 0,
) -> None:
    """Serve Nexus until it is stopped (Ctrl-C)."""
    count = workers or settings.WORKERS
    if count > 1 and not settings.REDIS_URL:
        say(f"nexus: {count} workers need Redis, which carries what one process tells the others.", "red")
        say("Set REDIS_URL=redis://HOST:6379/0, or serve with --workers 1.", "red")
        raise typer.Exit(2)
    try:
        server.check_address(host, port)
    except server.PortTaken as error:
        say(f"nexus: {error} Choose another with --port or --host.", "red")
        raise typer.Exit(1) from None
    look_at_database()

    def announce() -> None:
        what = "the embedded database" if settings.EMBEDDED else connection.vendor
        say(f"Nexus is on {address(host, port)} ({what}, data in {settings.DATA_DIR}). Ctrl-C stops it.")

    if count > 1:
        raise typer.Exit(server.Supervisor(host, port, count).run(announce))
    server.serve(host, port, announce)


def look_at_database() -> None:
    """Migrates the embedded database. Of a server's one it only says what is wrong: it may come up later, and health
    says so until then."""
    try:
        prepare_database()
        pending = health.pending_migrations()
    except DatabaseError as error:
        say(f"nexus: the database does not answer yet: {error}".strip(), "yellow")
        return
    finally:
        connection.close()
    if pending:
        named = ", ".join(pending[:3]) + (", …" if len(pending) > 3 else "")
        say(f"nexus: {len(pending)} migrations are not applied ({named}). Run `nexus manage migrate`.", "yellow")


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens at `host`:`port`."""
    # compared, not bound
    here = "localhost" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{here}:{port}"


def say(text: str, style: str = "") -> None:
    console.print(text, style=style, markup=False, soft_wrap=True)
