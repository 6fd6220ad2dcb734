"""What every mutation answers with: what it made, or why it made nothing."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import graphene
from graphene.types.resolver import attr_resolver

from nexus.accounts.actor import Actor
from nexus.api.graphql.edges import Edge, alone
from nexus.api.graphql.nouns.suspects import SuspectType
from nexus.base.errors import Invalid, NexusError
from nexus.base.sentences import Sentence
from nexus.hubs.audit import remember
from nexus.pages.guard import SecretsFound, looked_through


class UserErrorType(graphene.ObjectType):
    """Why nothing was done: the same code as through every other door (docs/errors.md)."""

    class Meta:
        name = "UserError"
        default_resolver = attr_resolver

    code = graphene.String(required=True, description="Stable, in snake_case.")
    message = graphene.String(required=True, description="What happened, in a sentence.")
    field = graphene.String(description="The argument that was wrong, when one was.")
    value = graphene.String(description="What it was, on one line.")
    remedy = graphene.String(description="What to do.")
    current = graphene.ID(description="Of a conflict: the id of the page's newest version.")
    base = graphene.ID(description="Of a conflict: the id of the version you read.")
    suspects = graphene.List(
        graphene.NonNull(SuspectType), description="Of `secrets_found`: what more people would see, and should not."
    )
    proposed = graphene.String(description="Of a conflict: the hash of your text, which is kept.")

    @classmethod
    def of(cls, error: NexusError) -> "UserErrorType":
        """The error as the domain said it."""
        details = {name: error.details.get(name) for name in ("current", "base", "proposed")}
        return cls(
            code=error.code, message=error.message, field=error.field, value=error.value, remedy=error.remedy or None,
            suspects=error.found if isinstance(error, SecretsFound) else None, **details,
        )  # fmt: skip


def payload(name: str, of: Any, **fields: Any) -> type[graphene.ObjectType]:
    """The type `{name}Payload`; fields: what it says besides."""
    meta = type("Meta", (), {"description": f"What became of {name}.", "default_resolver": attr_resolver})
    return type(f"{name}Payload", (graphene.ObjectType,), {
        "Meta": meta,
        "object": graphene.Field(of, description="What there is now; null when nothing was done, or nothing is left."),
        "errors": graphene.List(graphene.NonNull(UserErrorType), required=True, description="Empty when it was done."),
        **fields,
    })  # fmt: skip


class Outcome:
    """A payload: `object`, what else it has, and `errors`."""

    def __init__(self, found: Any = None, *errors: UserErrorType, **more: Any) -> None:
        self.object = alone(found)
        self.errors = list(errors)
        for name, value in more.items():
            setattr(self, name, alone(value) if hasattr(value, "__dict__") else value)


def mutation(
    name: str, of: Any, act: Callable[..., Any], /, *, more: Mapping[str, Any] | None = None, at_site: bool = False,
    **arguments: Any,
) -> Edge:  # fmt: skip
    """The mutation of an action: `act(actor, **arguments)` calls it and returns the object, or an Outcome with more.

    at_site: it is also given `site`, the origin of the request, for a link.
    """

    def resolve(_root: Any, info: Any, **given: Any) -> Outcome:
        try:
            sent = given | ({"site": info.context.site} if at_site else {})
            context = info.context
            done = looked_through(context.actor, context.reviewed, lambda: act(context.actor, **sent))
        except NexusError as error:
            remember(error)
            extra = dict.fromkeys(more or ())
            return Outcome(None, UserErrorType.of(error), **extra)
        return done if isinstance(done, Outcome) else Outcome(done)

    made = payload(name, of, **(more or {}))
    return Edge(graphene.NonNull(made), resolver=resolve, args=arguments, description=_first_line(act))


def _first_line(act: Callable[..., Any]) -> str:
    return (act.__doc__ or "").partition("\n")[0]


def text_argument(description: str) -> graphene.Argument:
    """A text that must be given."""
    return graphene.Argument(graphene.String, required=True, description=description)


def uuid_of(value: str, field: str) -> uuid.UUID:
    """Raises Invalid naming `field` unless `value` is an id."""
    try:
        return uuid.UUID(value)
    except ValueError:
        raise Invalid(
            Sentence("That is no id."), field=field, value=value, remedy=Sentence("Give one as it came in an answer.")
        ) from None


def seen(read: Callable[[Actor], Any], actor: Actor) -> Any:
    """What a query finds now, None when that is gone or may no longer be seen."""
    try:
        return read(actor)
    except NexusError:
        return None
