"""What a look at one thing came to."""

import enum
from dataclasses import dataclass


class Level(enum.StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. message: what it is, and what that means. remedy: the line to change, or ""."""

    name: str
    level: Level
    message: str
    remedy: str = ""


def ok(name: str, message: str) -> Check:
    return Check(name, Level.OK, message)


def warning(name: str, message: str, remedy: str) -> Check:
    return Check(name, Level.WARNING, message, remedy)


def failure(name: str, message: str, remedy: str) -> Check:
    return Check(name, Level.FAILURE, message, remedy)
