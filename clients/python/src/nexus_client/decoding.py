"""JSON of the server as dataclasses. What is not known is left out: a newer server may tell more."""

import dataclasses
import types
from datetime import datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nexus_client.errors import ServerError


def decoded[T](kind: type[T], data: Any) -> T:
    """`data` as the dataclass `kind`. Raises ServerError("unexpected_answer") when something is missing."""
    try:
        made: T = _object(kind, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unexpected(f"{kind.__name__} cannot be read from it ({error!r}).") from error
    return made


def unexpected(why: str) -> ServerError:
    """The error of an answer that no Nexus gives."""
    return ServerError(
        f"The server's answer is not what was expected: {why}",
        code="unexpected_answer",
        remedy="Check the address, and whether the server is older than this client.",
    )


@cache
def _fields(kind: type[Any]) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(kind)
    return {f.name: (hints[f.name], f.default is dataclasses.MISSING) for f in dataclasses.fields(kind)}


def _object(kind: Any, data: Any) -> Any:
    taken = {name: _value(of, data[name]) for name, (of, needed) in _fields(kind).items() if needed or name in data}
    return kind(**taken)


def _value(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        if data is None:
            return None
        return _value(next(each for each in get_args(kind) if each is not type(None)), data)
    if origin is list:
        return [_value(get_args(kind)[0], each) for each in data]
    if origin is dict:
        return {str(name): _value(get_args(kind)[1], each) for name, each in data.items()}
    if kind is datetime:
        return datetime.fromisoformat(data)
    if dataclasses.is_dataclass(kind):
        return _object(kind, data)
    if kind is Any or origin is Literal:
        return data
    return kind(data)
