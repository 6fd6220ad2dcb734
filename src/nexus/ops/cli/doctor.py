"""`nexus doctor`."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from nexus.ops.cli.door import AsJson, acting, console, emit, prepare_database
from nexus.ops.doctor import configuration, deep, parts
from nexus.ops.doctor.report import Check, Level
from nexus.ops.env import VARIABLES
from nexus.pages.findings import Finding
from nexus.pages.sweeping import Swept, sweep_unused

STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILURE: "bold red"}


def doctor(
    is_deep: Annotated[
        bool, typer.Option("--deep", help="Also check everything that is stored (takes a while).")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="With --deep: take away stored contents and files that nothing names.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Explain every setting, ask every part, and say what to change. Exits with 1 when something fails."""
    if repair and not is_deep:
        raise typer.BadParameter("goes with --deep", param_hint="--repair")
    checks = [*configuration.checks(), *parts.checks()]
    reachable = all(check.level is not Level.FAILURE for check in checks if check.name in {"database", "migrations"})
    findings: list[Finding] = []
    swept: Swept | None = None
    if is_deep and reachable:
        prepare_database()
        findings = list(deep.findings())
        swept = sweep_unused(acting()) if repair else None
    if as_json:
        emit(as_object(checks, findings, swept))
    else:
        show(checks, findings if is_deep and reachable else None, swept)
    if findings or any(check.level is Level.FAILURE for check in checks):
        raise typer.Exit(1)


def as_object(checks: list[Check], findings: list[Finding], swept: Swept | None) -> dict[str, Any]:
    """The whole report for machines. Secrets show only whether they are set."""
    return {
        "settings": [
            {"name": v.name, "value": v.shown, "source": v.source, "help": v.help} for v in VARIABLES.values()
        ],
        "checks": [asdict(check) for check in checks],
        "findings": [asdict(finding) for finding in findings],
        "swept": swept._asdict() if swept else None,
    }


def show(checks: list[Check], findings: list[Finding] | None, swept: Swept | None) -> None:
    """The report for people."""
    width = max(len(name) for name in VARIABLES)
    console.print("Settings", style="bold")
    for variable in VARIABLES.values():
        say(f"  {variable.name:{width}}  {variable.shown or '-'}  ({variable.source})")
        say(f"  {'':{width}}  {variable.help}", "dim")
    console.print("\nChecks", style="bold")
    for check in checks:
        say(f"  {check.level.value:8}{check.name}: {check.message}", STYLES[check.level])
        if check.remedy:
            say(f"  {'':8}→ {check.remedy}")
    if findings is not None:
        console.print("\nStored data", style="bold")
        for finding in findings:
            say(f"  {finding.code} {finding.subject}: {finding.message} {finding.remedy}", "bold red")
        if not findings:
            say("  ok      everything holds", "green")
    if swept is not None:
        say(f"  Took away {swept.blobs} contents and {swept.files} files that nothing named.")


def say(text: str, style: str = "") -> None:
    console.print(text, style=style, markup=False, soft_wrap=True)
