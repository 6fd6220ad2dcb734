"""Typed settings from the environment. Every variable Nexus reads is declared here-through, so `nexus doctor` and
docs/configuration.md can list them all with their value's source."""

import contextlib
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ConfigurationError(Exception):
    """A setting cannot be used. The message names the variable, its value and the line to change."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable as it was read: `source` is "environment", "file" (NAME_FILE), "default" or "generated"."""

    name: str
    value: Any
    source: str
    help: str
    secret: bool = False
    default: Any = None

    @property
    def shown(self) -> str:
        """The value as it may be printed: a secret only says that it is there."""
        if self.secret:
            return "" if self.source == "default" else "(set)"
        if self.value is None:
            return ""
        return ",".join(map(str, self.value)) if isinstance(self.value, list | tuple) else str(self.value)


#: Every variable read so far, by name, in the order of settings.py.
VARIABLES: dict[str, Variable] = {}


def env[T](
    name: str, default: T, help_text: str, *, parse: Callable[[str], T], expected: str, secret: bool = False
) -> T:
    """The value of the variable `name`, parsed; `default` when unset or empty.

    `NAME_FILE` names a file holding the value instead (a mounted secret). `expected` completes "expected …" in the error.
    Raises ConfigurationError when the text cannot be parsed or the file not be read.
    """
    raw, source = os.environ.get(name, ""), "environment"
    file = os.environ.get(f"{name}_FILE", "")
    if not raw and file:
        try:
            raw, source = Path(file).read_text("utf-8").strip(), "file"
        except OSError as error:
            raise ConfigurationError(f"{name}_FILE={file}: cannot be read ({error.strerror}).") from error
    if not raw:
        VARIABLES[name] = Variable(name, default, "default", help_text, secret, default)
        return default
    try:
        value = parse(raw)
    except ValueError as error:
        raise ConfigurationError(
            f"{name}={'(hidden)' if secret else raw}: expected {expected}. {str(error) if not secret else ''}".strip()
        ) from error
    VARIABLES[name] = Variable(name, value, source, help_text, secret, default)
    return value


def env_str(name: str, default: str, help_text: str, *, choices: Sequence[str] = (), secret: bool = False) -> str:
    """A text; one of `choices` when there are any."""

    def parse(raw: str) -> str:
        if choices and raw not in choices:
            raise ValueError("")
        return raw

    return env(name, default, help_text, parse=parse, expected=f"one of {', '.join(choices)}", secret=secret)


def env_bool(name: str, default: bool, help_text: str) -> bool:
    """`1 true yes on` or `0 false no off`, in any case."""
    words = {**dict.fromkeys(("1", "true", "yes", "on"), True), **dict.fromkeys(("0", "false", "no", "off"), False)}

    def parse(raw: str) -> bool:
        if raw.lower() not in words:
            raise ValueError("")
        return words[raw.lower()]

    return env(name, default, help_text, parse=parse, expected="true or false")


def env_int(name: str, default: int, help_text: str, *, low: int = 0, high: int = 2**31 - 1) -> int:
    """A whole number from `low` to `high`."""

    def parse(raw: str) -> int:
        value = int(raw)
        if not low <= value <= high:
            raise ValueError("")
        return value

    return env(name, default, help_text, parse=parse, expected=f"a whole number from {low} to {high}")


def env_list(name: str, default: list[str], help_text: str) -> list[str]:
    """Texts separated by commas; spaces around them do not count."""
    return env(
        name, default, help_text, parse=lambda raw: [p.strip() for p in raw.split(",") if p.strip()], expected="a list"
    )


def generated_secret(name: str, file: Path, help_text: str) -> str:
    """The secret in variable `name`, else the one kept in `file`, which is made at the first start (mode 0600)."""
    value = env_str(name, "", help_text, secret=True)
    if value:
        return value
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            # O_EXCL: of two processes starting together one writes, the other reads.
            with (
                contextlib.suppress(FileExistsError),
                os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle,
            ):
                handle.write(secrets.token_urlsafe(48))
        value = file.read_text("utf-8").strip()
    except OSError as error:
        raise ConfigurationError(
            f"{name} is not set and {file} cannot be written ({error.strerror}). Set {name} or NEXUS_DATA_DIR."
        ) from error
    if len(value) < 32:  # the other process is between creating and writing, or the file was cut
        raise ConfigurationError(f"{file} holds no usable secret. Delete it and start again.")
    VARIABLES[name] = Variable(name, value, "generated", help_text, secret=True)
    return value
