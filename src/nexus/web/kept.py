"""Nothing typed is lost: a refusal that cannot show the form again gives back what was typed in it.

A view says which of its fields people write in. When it is refused (the session ended, the hub is no longer theirs, the
form was too old), the page that says so holds these fields, and sends everything once more to the same address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from django.http import HttpRequest, HttpResponse

_FIELDS = "kept_fields"


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was refused: where it was sent, what was typed, and what else it carried."""

    address: str
    typed: list[tuple[str, str]]
    carried: list[tuple[str, str]]


def keeps[**P](*fields: str) -> Callable[[Callable[P, HttpResponse]], Callable[P, HttpResponse]]:
    """Declares that people write in these fields of the forms that a view takes (`answer-*`: all that begin so). To stand
    next to the view."""

    def mark(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
        setattr(view, _FIELDS, fields)
        return view

    return mark


def kept(request: HttpRequest) -> Kept | None:
    """What was typed in a form that is being refused; None where nothing was, or nobody asked to keep it."""
    if request.method != "POST" or request.resolver_match is None:
        return None
    names = getattr(request.resolver_match.func, _FIELDS, ())
    sent = [(name, value) for name in request.POST for value in request.POST.getlist(name)]
    typed = [
        (name, value) for name, value in sent if any(fnmatchcase(name, field) for field in names) and value.strip()
    ]
    if not typed:
        return None
    carried = [one for one in sent if one not in typed and one[0] not in ("csrfmiddlewaretoken", "preview")]
    return Kept(request.get_full_path(), typed, carried)
