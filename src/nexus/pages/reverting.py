"""What taking a change back would do, told before it is done."""

from dataclasses import dataclass

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict
from nexus.base.sentences import Sentence
from nexus.pages.actions import done_by, take_back
from nexus.pages.changes import Draft, State, check_paths
from nexus.pages.models import Change
from nexus.pages.queries import change_to_revert

#: Pages, and conflicts, that are named.
NAMED = 200


@dataclass(frozen=True, slots=True)
class Effect:
    """What would become of a page: its path before and after (None: not there)."""

    was: str | None
    path: str | None
    is_rewritten: bool


@dataclass(frozen=True, slots=True)
class Reversion:
    """What taking a change back would do. It is done as a whole or, when anything conflicts, not at all."""

    change: Change
    #: The first NAMED of each, and how many there are.
    effects: list[Effect]
    total: int
    conflicts: list[tuple[str, Sentence]]

    @property
    def is_possible(self) -> bool:
        return bool(self.total) and not self.conflicts


def reversion(actor: Actor, hub: str, seq: int) -> Reversion:
    """What `revert_change` would do now; it changes nothing. Raises what that raises, but for conflicts, which it tells."""
    change, _ = change_to_revert(actor, hub, seq)
    draft = Draft(change.hub)
    conflicts: list[tuple[str, Sentence]] = []
    for version, page in done_by(change, draft):
        try:
            take_back(draft, page, version)
        except Conflict as error:
            conflicts.append((page.path, error.message))
            if len(conflicts) >= NAMED:
                break
    states = draft.effective()
    if not conflicts:
        try:
            check_paths(draft.hub, states)
        except Conflict as error:
            conflicts.append((error.value or "", error.message))
    effects = [_effect(state) for state in list(states.values())[:NAMED]]
    return Reversion(change, effects, len(states), conflicts)


def _effect(state: State) -> Effect:
    now = state.path if state.live else None
    return Effect(state.was, now, state.page is not None and state.page.blob_id != state.blob)
