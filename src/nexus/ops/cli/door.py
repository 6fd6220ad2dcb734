"""What all commands share: who is acting, an up-to-date embedded database, output for people or machines, and errors."""

import functools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from rich.console import Console
from rich.progress import Progress, TaskID

from nexus.accounts import queries
from nexus.accounts.actor import Actor, Door
from nexus.base.errors import NexusError, NotFound
from nexus.base.sentences import Sentence
from nexus.hubs.audit import remember
from nexus.ops.cli.place import REMOTE
from nexus.pages import guard

#: For people: standard error, so that standard output stays clean for a command's result.
console = Console(stderr=True, highlight=False)

AsUser = Annotated[str, typer.Option("--as", metavar="USER", help="Act as this user instead of the local operator.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for machines.")]


Reviewed = Annotated[
    list[str] | None,
    typer.Option(
        "--reviewed", metavar="ID",
        help="What was refused as secret may be seen: its id (repeat for more), or `all`.",
    ),
]  # fmt: skip


def looked[T](actor: Actor, reviewed: list[str] | None, act: Callable[[], T]) -> T:
    """What `act` returns, after deciding what --reviewed says of what it is refused for."""
    return guard.looked_through(actor, reviewed or (), act)


def acting(username: str = "") -> Actor:
    """The actor of this command: the local operator, or the user named with --as."""
    operator = Actor.operator(Door.CLI)
    return queries.actor_named(operator, username, Door.CLI) if username else operator


def prepare_database() -> None:
    """On the embedded default, creates and migrates the database when it is not up to date. Servers' databases are
    migrated on purpose, by `nexus manage migrate`."""
    if not settings.EMBEDDED:
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def command[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """A command that uses the database: prepares it, and turns a refusal into its sentence and exit code 1."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        as_json = bool(kwargs.get("as_json"))
        try:
            if not REMOTE.get():
                prepare_database()
            return function(*args, **kwargs)
        except NexusError as error:
            if isinstance(error, NotFound) and not error.remedy:
                # The same words whether it is absent or hidden; the person sees what they typed.
                error.remedy = Sentence("Check the names given; `nexus hub list` shows the hubs there are.")
            if not REMOTE.get():
                remember(error)
            refuse(error, as_json=as_json)
        except OperationalError as error:
            console.print(f"nexus: the database does not answer: {error}".strip(), style="red", markup=False)
            console.print("Look at DATABASE_URL; `nexus doctor` explains what it finds.", markup=False)
        raise typer.Exit(1)

    return run


def refuse(error: NexusError, *, as_json: bool = False) -> None:
    """Prints a refusal: to standard error as a sentence, or with --json to standard output as an object."""
    if as_json:
        emit({
            "error": {"code": error.code, "message": error.message, "field": error.field, "value": error.value,
                      "remedy": error.remedy, **error.details}
        })  # fmt: skip
    else:
        console.print(f"nexus: {error}", style="red", markup=False, soft_wrap=True)
        if isinstance(error, guard.SecretsFound):
            tell_suspects(error.found, more=bool(error.details["more"]))


def tell_suspects(found: Sequence[guard.Told], *, more: bool) -> None:
    """Lists what seems to be secret, for people."""
    for one in found:
        where = f"{one.path} version {one.version}" if one.version else one.path
        console.print(f"  {where}:{one.line}: {one.name} ({one.masked}) {one.id}", markup=False, soft_wrap=True)
    if more:
        console.print("  and more.", markup=False)


def emit(result: Any) -> None:
    """Writes `result` to standard output as one line of JSON."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")


@contextmanager
def progress(*, as_json: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Bars for people who look on, one for each thing that is said to be done: (what, so many, of how many)."""
    with Progress(console=console, disable=as_json or not console.is_terminal, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done)

        yield show
