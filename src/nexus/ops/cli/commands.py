"""The tree of commands, each group in the module of its noun."""

import sys
from importlib import import_module
from typing import Annotated

import typer

#: First word → where it is: a typer app with commands of its own, or a function that is one. Only what is asked for
#: is imported, since most of a short command's time is importing.
GROUPS = {
    "user": "nexus.ops.cli.users:app",
    "token": "nexus.ops.cli.tokens:app",
    "hub": "nexus.ops.cli.hubs:app",
    "share": "nexus.ops.cli.shares:app",
    "page": "nexus.ops.cli.pages:app",
    "change": "nexus.ops.cli.pages:change_app",
    "source": "nexus.ops.cli.sources:app",
}
COMMANDS = {
    "import": "nexus.ops.cli.exchange:import_",
    "export": "nexus.ops.cli.exchange:export",
    "parse": "nexus.ops.cli.exchange:parse",
    "search": "nexus.ops.cli.search:search",
    "since": "nexus.ops.cli.since:since_looked",
    "seen": "nexus.ops.cli.since:seen",
    "reindex": "nexus.ops.cli.index:reindex",
    "serve": "nexus.ops.cli.serve:serve",
    "doctor": "nexus.ops.cli.doctor:doctor",
    "backup": "nexus.ops.cli.backup:backup",
    "restore": "nexus.ops.cli.backup:restore",
    "manage": "nexus.ops.cli.commands:manage",
}
#: Commands that hand their words on as they are.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def tree(arguments: list[str]) -> typer.Typer:
    """The command line as far as `arguments` needs it: one branch, or all of it for help and unknown words."""
    app = typer.Typer(
        name="nexus",
        help="What a group of engineers learns, as one live, searchable reference guide.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    word = _first_word(arguments)
    first = word if word in GROUPS | COMMANDS else None
    for name, where in GROUPS.items():
        if first in {None, name}:
            app.add_typer(_load(where), name=name)
    for name, where in COMMANDS.items():
        if first in {None, name}:
            app.command(name, context_settings=PASSED_ON if name == "manage" else None)(_load(where))
    app.callback()(_everywhere)
    return app


def _first_word(arguments: list[str]) -> str:
    """What comes after --remote, which alone stands before a command."""
    words = iter(arguments)
    for word in words:
        if word == "--remote":
            next(words, None)
        elif not word.startswith("--remote="):
            return word
    return ""


def _load(where: str) -> typer.Typer:
    module, _, name = where.partition(":")
    found: typer.Typer = getattr(import_module(module), name)
    return found


def _everywhere(
    context: typer.Context,
    remote: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Import into, export from or search the Nexus at URL (also NEXUS_REMOTE), with the token in NEXUS_TOKEN.",
        ),
    ] = "",
) -> None:
    """What a group of engineers learns, as one live, searchable reference guide."""
    from nexus.ops.cli.place import REMOTE, choose

    context.obj = choose(remote, context.invoked_subcommand or "")
    context.call_on_close(lambda: REMOTE.reset(context.obj))


def manage(_arguments: Annotated[list[str] | None, typer.Argument(metavar="COMMAND ...")] = None) -> None:
    """Django's own management commands."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["nexus manage", *sys.argv[2:]])
