"""The one who asks: every action and every query takes an Actor first, and there is no way to leave it out."""

import enum
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nexus.statements.prepared import stand_in

if TYPE_CHECKING:
    from nexus.accounts.models import PersonalToken, User


class Door(enum.StrEnum):
    """The way in that a request took; recorded with every activity."""

    WEB = "web"
    REST = "rest"
    GRAPHQL = "graphql"
    WEBSOCKET = "websocket"
    CLI = "cli"
    GIT = "git"


class Standing(enum.StrEnum):
    """What kind of actor it is."""

    ANONYMOUS = "anonymous"
    USER = "user"
    OPERATOR = "operator"


class Scope(enum.StrEnum):
    """How far a token reaches: `write` includes `read`, `admin` both."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


EVERYTHING = frozenset(Scope)
#: Stands for the one who asks in a statement that is prepared, where `user` is the value's name.
_SOMEBODY: uuid.UUID = stand_in("user", uuid.UUID)
#: What each scope includes.
INCLUDED = {Scope.READ: {Scope.READ}, Scope.WRITE: {Scope.READ, Scope.WRITE}, Scope.ADMIN: EVERYTHING}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, through which door, and how far what they showed reaches.

    The operator is whoever runs `nexus` on the server's own machine: they can read the database file anyway, so they
    hold every capability. `user_id` is set exactly for `Standing.USER`.
    """

    standing: Standing
    door: Door
    user_id: uuid.UUID | None = None
    is_administrator: bool = False
    #: The scopes of the token that was shown, all without one; and the ids of the only hubs it reaches.
    scopes: frozenset[Scope] = EVERYTHING
    hub_ids: frozenset[uuid.UUID] | None = None
    #: The personal token that was shown.
    token_id: uuid.UUID | None = None

    @classmethod
    def anonymous(cls, door: Door) -> "Actor":
        return cls(Standing.ANONYMOUS, door)

    @classmethod
    def operator(cls, door: Door = Door.CLI) -> "Actor":
        return cls(Standing.OPERATOR, door)

    @classmethod
    def of(cls, user: "User", door: Door) -> "Actor":
        """The actor for a signed-in `user`; a deactivated one is nobody."""
        if not user.is_active:
            return cls.anonymous(door)
        return cls(Standing.USER, door, user.pk, user.is_administrator)

    @classmethod
    def by_token(cls, token: "PersonalToken", door: Door) -> "Actor":
        """The actor for somebody who shows a personal token that holds."""
        scopes = frozenset().union(*(INCLUDED[Scope(name)] for name in token.scopes))
        hubs = None if token.hubs is None else frozenset(map(uuid.UUID, token.hubs))
        administers = token.user.is_administrator and Scope.ADMIN in scopes and hubs is None
        return cls(Standing.USER, door, token.user_id, administers, scopes, hubs, token.pk)

    @property
    def form(self) -> "Actor":
        """What a statement depends on but for who asks, which is its value `user` (statements.prepared)."""
        return replace(self, door=Door.WEB, user_id=self.user_id and _SOMEBODY, token_id=None)

    @property
    def user_key(self) -> uuid.UUID:
        """The id of the signed-in user; only for `Standing.USER`."""
        assert self.user_id is not None  # noqa: S101  by construction
        return self.user_id

    @property
    def is_operator(self) -> bool:
        return self.standing is Standing.OPERATOR

    @property
    def is_signed_in(self) -> bool:
        return self.standing is Standing.USER
