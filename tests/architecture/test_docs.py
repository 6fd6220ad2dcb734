"""Documents say what is so: settings, commands, error codes, dependencies, layers and the data model are compared."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from nexus.api import codes
from nexus.ops import reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("configuration.md", reference.configuration),
        ("cli.md", reference.commands),
        ("errors.md", codes.text),
        ("data-model.md", lambda: reference.data_model(read("data-model.md"))),
        ("schema.graphql", lambda: reference.graph(read("schema.graphql"), (ROOT / "CHANGELOG.md").read_text("utf-8"))),
    ],
)
def test_generated_documents_are_fresh(name, made):
    assert read(name) == made(), "run `nexus manage write_reference`"


def test_every_error_code_is_documented_and_no_other():
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    raised = re.findall(r'\bcode(?:: \w+)? ?= ?"([a-z_]+)"', source) + re.findall(
        r'_stale\((?:[^()]|\([^()]*\))*"([a-z_]+)"\)', source
    )
    found = re.findall(r'Finding\(\s*"([a-z_]+)"', source)
    refused = re.findall(r'Refused\(\d+, "([a-z_]+)"', source)
    codes, _, findings = read("errors.md").partition("## What `nexus doctor` may find")
    documented = {code for line in codes.splitlines() if line.startswith("| `") for code in named(line)}
    assert set(raised) == documented
    assert set(found) == {code for line in findings.splitlines() if line.startswith("| `") for code in named(line)}
    assert [code for code in refused if f"`{code}`" not in codes] == []


def named(row: str) -> list[str]:
    return re.findall(r"`([a-z_]+)`", row.split("|")[1])


def test_every_dependency_has_its_line():
    names = {re.split(r"[\[><=; ]", entry)[0] for entry in PROJECT["project"]["dependencies"]}
    python, _, front_end = read("dependencies.md").partition("## The front end")
    rows = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
    assert set(rows.findall(python)) == names
    package = json.loads((ROOT / "frontend/package.json").read_text("utf-8"))
    assert set(rows.findall(front_end)) == set(package["dependencies"])
    for each in package["devDependencies"]:
        assert f"`{each}`" in front_end


def test_the_layers_of_the_architecture_page_are_those_of_the_contract():
    contract = next(c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    layers = [re.findall(r"\w+", layer) for layer in contract["layers"]]
    part = read("architecture.md").partition("<!-- layers: begin -->")[2].partition("<!-- layers: end -->")[0]
    lines = [line.partition(". ")[2].partition(":")[0] for line in part.strip().splitlines()]
    assert [re.findall(r"`(\w+)`", line) for line in lines] == layers


def test_links_between_documents_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_decisions_are_short_and_numbered_once():
    pages = sorted((DOCS / "adr").glob("*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert len(numbers) == len(set(numbers))
    for page in pages:
        assert len(page.read_text("utf-8").splitlines()) <= 40, page.name
