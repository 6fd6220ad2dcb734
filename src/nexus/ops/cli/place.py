"""Where a command works: here, or at the Nexus that --remote or NEXUS_REMOTE names."""

from contextvars import ContextVar, Token

import typer
from django.conf import settings

from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence

#: The commands that work on another machine; and those that are of this one whatever is said.
ELSEWHERE, OWN = {"import", "export", "search"}, {"parse"}
#: The address of the Nexus that this command is about; "" for the one here.
REMOTE: ContextVar[str] = ContextVar("remote", default="")


def choose(given: str, command: str) -> Token[str]:
    """Says where a command works: at `given` (--remote), or what NEXUS_REMOTE says, or here. Exits with 2 for a command that
    works here only."""
    asked = given or settings.REMOTE
    if asked and command not in ELSEWHERE | OWN:
        name = "--remote" if given else "NEXUS_REMOTE"
        raise typer.BadParameter(
            f"`nexus {command}` works on this machine only; {', '.join(sorted(ELSEWHERE))} work elsewhere too.",
            param_hint=name,
        )
    return REMOTE.set("" if command in OWN else asked)


def here_only(option: str) -> Invalid:
    """The refusal of an option that has no meaning for another machine."""
    return Invalid(
        Sentence("That works on this machine only."),
        code="here_only",
        field=option,
        remedy=Sentence("Leave out --remote."),
    )


def refuse_user(username: str) -> None:
    """Raises Invalid when --as is given: elsewhere one is whom the token is of."""
    if REMOTE.get() and username:
        raise here_only("as")
