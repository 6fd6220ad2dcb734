"""The one who asks: every action and every query takes an Actor first, and there is no way to leave it out."""

import enum
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexus.accounts.models import User


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


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, through which door.

    The operator is whoever runs `nexus` on the server's own machine: they can read the database file anyway, so they
    hold every capability. `user_id` is set exactly for `Standing.USER`.
    """

    standing: Standing
    door: Door
    user_id: uuid.UUID | None = None
    is_administrator: bool = False

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
