"""The parts of docs/ that are made from the code, by `nexus manage write_reference`; a test compares them."""

from pathlib import Path
from typing import Any

import typer
from django.apps import apps
from django.db import models

from nexus.api import codes
from nexus.ops.env import VARIABLES

#: The packages whose tables the data model shows, bottom first.
DOMAIN = ("accounts", "hubs", "pages", "knowledge", "exchange", "search")
GRAPH = "# What /graphql answers, made by `nexus manage write_reference` (docs/graphql.md).\n\n"
BEGIN, END = "<!-- made from the models: begin -->", "<!-- made from the models: end -->"


def configuration() -> str:
    """docs/configuration.md."""
    lines = [
        "# Configuration", "",
        "Everything is set by environment variables; `nexus doctor` shows each with its value and where that came from.",
        "A value may also stand in a file that `NAME_FILE` names (a mounted secret). A value that cannot be used stops the",
        "program with exit code 2 and a line that says what to write instead.", "",
        "| Variable | Default | What it is |", "| --- | --- | --- |",
    ]  # fmt: skip
    lines += [f"| `{v.name}` | {_default(v.name, v.default)} | {v.help} |" for v in VARIABLES.values()]
    return "\n".join([*lines, ""])


def _default(name: str, default: Any) -> str:
    if name == "SECRET_KEY":
        return "generated on the embedded default"
    if name == "NEXUS_DATA_DIR":
        return "`./var`"
    if name == "DATABASE_URL":
        return "SQLite in `NEXUS_DATA_DIR`"
    if name == "EMAIL_URL" or default in (None, "", []):
        return "-"
    text = ",".join(map(str, default)) if isinstance(default, list | tuple) else str(default)
    return f"`{text.lower() if isinstance(default, bool) else text}`"


def commands() -> str:
    """docs/cli.md."""
    from nexus.ops.cli.commands import tree

    root: Any = typer.main.get_command(tree([]))
    lines = [
        "# The `nexus` command", "",
        "Results go to standard output, what is said to people to standard error; `--json` prints one JSON object a line.",
        "Exit codes: 0 done, 1 refused (the reason is on standard error), 2 wrong usage or configuration, 130 interrupted.",
        "Without `--as` the actor is the local operator, who may do everything. On the embedded default the database is",
        "made when first needed.", "",
    ]  # fmt: skip
    for name, command in sorted(root.commands.items()):
        for path, each in sorted(_leaves(f"nexus {name}", command)):
            lines += _command(path, each)
    return "\n".join(lines)


def _leaves(path: str, command: Any) -> list[tuple[str, Any]]:
    if hasattr(command, "commands"):
        return [leaf for name, sub in command.commands.items() for leaf in _leaves(f"{path} {name}", sub)]
    return [(path, command)]


def _command(path: str, command: Any) -> list[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    usage = " ".join(
        [path, *(f"[{a.name.upper().strip('_')}]" if not a.required else a.name.upper() for a in arguments)]
    )
    lines = [f"## `{usage}`", "", (command.help or "").strip(), ""]
    rows = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    if rows:
        lines += ["| Option | What it does |", "| --- | --- |"]
        lines += [f"| `{', '.join([*o.opts, *o.secondary_opts])}` | {getattr(o, 'help', '') or ''} |" for o in rows]
        lines.append("")
    return lines


def entity_diagram() -> str:
    """The Mermaid entity diagram of docs/data-model.md: every table of the domain, its columns and references."""
    lines = ["```mermaid", "erDiagram"]
    tables = [m for m in apps.get_models() if m._meta.app_label in DOMAIN]
    tables.sort(key=lambda m: (DOMAIN.index(m._meta.app_label), m.__name__))
    for model in tables:
        lines.append(f"  {model.__name__} {{")
        for field in model._meta.concrete_fields:
            marks = "PK" if field.primary_key else "FK" if field.is_relation else "UK" if field.unique else ""
            lines.append(f"    {_type(field)} {field.column}{' ' + marks if marks else ''}")
        lines.append("  }")
    for model in tables:
        for field in model._meta.concrete_fields:
            target = field.related_model
            if isinstance(target, type) and issubclass(target, models.Model):
                many = "||" if field.one_to_one else "}o"
                lines.append(
                    f'  {model.__name__} {many}--{"o|" if field.null else "||"} {target.__name__} : "{field.name}"'
                )
    return "\n".join([*lines, "```"])


def _type(field: Any) -> str:
    if isinstance(field, models.ForeignKey):
        return _type(field.target_field)
    return str(field.get_internal_type()).removesuffix("Field").lower()


def data_model(text: str) -> str:
    """`text` of docs/data-model.md with the diagram between its marks made anew."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{entity_diagram()}\n{END}{rest.partition(END)[2]}"


class BreakingChange(Exception):
    """The graph no longer answers what its clients ask, and the changelog does not say so."""


def graph(text: str, changelog: str) -> str:
    """docs/schema.graphql. `text`: as it was, which clients were written for; raises BreakingChange when one of them would
    break by something that the Unreleased part of `changelog` does not say, word for word."""
    from graphql import build_schema, find_breaking_changes, print_schema

    from nexus.api.graphql.schema import schema

    now = print_schema(schema)
    said = changelog.partition("## Unreleased")[2].partition("\n## ")[0]
    broken = find_breaking_changes(build_schema(text), build_schema(now)) if text else []
    unsaid = [each.description.rstrip(".") for each in broken if each.description.rstrip(".") not in said]
    if unsaid:
        raise BreakingChange("CHANGELOG.md must say under Unreleased: " + "; ".join(unsaid))
    return f"{GRAPH}{now}\n"


def write(docs: Path) -> list[Path]:
    """Makes the generated documents below `docs` anew; returns those that changed. Raises BreakingChange."""
    model, schema = docs / "data-model.md", docs / "schema.graphql"
    changelog = docs.parent / "CHANGELOG.md"
    before, news = (path.read_text("utf-8") if path.exists() else "" for path in (schema, changelog))
    made = {
        docs / "configuration.md": configuration(),
        docs / "cli.md": commands(),
        docs / "errors.md": codes.text(),
        model: data_model(model.read_text("utf-8")),
        schema: graph(before, news),
    }
    changed = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        path.write_text(made[path], "utf-8")
    return changed
