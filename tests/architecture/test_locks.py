"""The locked requirements fit pyproject.toml, agree with each other, and name no place to get them from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.architecture.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BASE = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
DEV = PROJECT["dependency-groups"]["dev"]
LOCKS = {
    "base": BASE,
    "production": BASE + EXTRAS["postgres"] + EXTRAS["mysql"],
    "dev": BASE + EXTRAS["postgres"] + DEV,
}
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def path_of(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def pins(name: str) -> dict[str, str]:
    return {canonicalize_name(package): version for package, version in PIN.findall(path_of(name).read_text("utf-8"))}


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_what_is_asked_for(name: str) -> None:
    locked = pins(name)
    wrong = [
        f"{text} (locked: {locked.get(canonicalize_name(requirement.name))})"
        for text in LOCKS[name]
        for requirement in [Requirement(text)]
        if canonicalize_name(requirement.name) not in locked
        or not requirement.specifier.contains(locked[canonicalize_name(requirement.name)], prereleases=True)
    ]
    assert wrong == [], "Run `make lock`."


@pytest.mark.parametrize("name", LOCKS)
def test_each_pin_has_hashes_and_no_address(name: str) -> None:
    text = path_of(name).read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(?:index|extra-index|find-links|trusted-host)", text, re.MULTILINE)
    blocks = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    assert [block.split("\n")[0] for block in blocks if block.strip() and "--hash=sha256:" not in block] == []


def test_what_is_tested_is_what_is_shipped() -> None:
    dev, production = pins("dev"), pins("production")
    assert {
        name: (version, dev[name]) for name, version in production.items() if dev.get(name, version) != version
    } == {}
    assert pins("base").items() <= production.items()
