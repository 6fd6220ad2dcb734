"""What comes in is checked strictly: a name nobody knows is refused, and each refusal names field, value and remedy."""

import copy
import functools
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from rest_framework import serializers

from nexus.api.paging import LIMIT, MAX_LIMIT
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence


class Strict(serializers.Serializer[Any]):
    """A serializer of input that refuses names it does not know."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(map(str, set(data) - set(self.fields)))
            if unknown:
                known = ", ".join(self.fields) or "none"
                raise serializers.ValidationError(
                    {unknown[0]: [serializers.ErrorDetail(f"Known: {known}.", "unknown")]}
                )
        return super().to_internal_value(data)


class Nothing(Strict):
    """No parameters."""


class Paged(Strict):
    """How much of a list, and from where."""

    cursor = serializers.CharField(required=False, default="", help_text="`next` of the page before.")
    limit = serializers.IntegerField(
        required=False, default=LIMIT, min_value=1, max_value=MAX_LIMIT, help_text="How many at most."
    )


def checked(kind: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """The values of `data` as `kind` describes them. Raises Invalid ("unknown_field", "invalid") naming the first that is
    wrong; a query parameter that came twice is wrong."""
    if isinstance(data, QueryDict):
        twice = [name for name, values in data.lists() if len(values) > 1]
        if twice:
            raise Invalid(Sentence("A parameter came twice."), field=twice[0], remedy=Sentence("Send it once."))
        data = data.dict()
    if not isinstance(data, Mapping):
        raise Invalid(Sentence("An object is expected."), code="malformed", remedy=Sentence("Send a JSON object."))
    if not data:
        left = _left_out(kind)
        if left is not None:
            return copy.deepcopy(left)
    serializer = kind(data=data)
    if not serializer.is_valid():
        raise _refusal(serializer.errors, data)
    values: dict[str, Any] = serializer.validated_data
    return values


@functools.cache
def _left_out(kind: type[serializers.Serializer[Any]]) -> dict[str, Any] | None:
    """The values of `kind` when nothing is sent, which are always the same; None when that cannot be taken."""
    serializer = kind(data={})
    return serializer.validated_data if serializer.is_valid() else None


def _refusal(errors: Any, data: Any) -> Invalid:
    """The first error, with the way to it (`operations.3.path`)."""
    way: list[str] = []
    while not isinstance(errors, str):
        if isinstance(errors, Mapping):
            name, errors = next((n, e) for n, e in errors.items() if e)
            way.append(str(name))
            data = data.get(name) if isinstance(data, Mapping) else None
        elif errors and isinstance(errors[0], Mapping):
            index = next(n for n, each in enumerate(errors) if each)
            way.append(str(index))
            errors = errors[index]
            data = data[index] if isinstance(data, list) and index < len(data) else None
        else:
            errors = errors[0]
    field = ".".join(part for part in way if part != "non_field_errors") or None
    code = getattr(errors, "code", "")
    if code == "unknown":
        return Invalid(
            Sentence("There is no such field."),
            code="unknown_field",
            field=field,
            remedy=Sentence("%(said)s", said=errors),
        )
    value = data if isinstance(data, str | int | float | bool) else None
    return Invalid(
        Sentence("That cannot be taken."), field=field, value=value, remedy=Sentence("%(said)s", said=errors)
    )
