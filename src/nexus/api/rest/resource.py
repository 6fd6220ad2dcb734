"""How every resource behaves: who asks, how often, what may come in, what goes out, and how a refusal reads."""

import functools
import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from nexus.accounts.actor import Actor, Door, Scope
from nexus.accounts.idempotency import Replay, once
from nexus.api import limits
from nexus.api.authentication import actor_of
from nexus.api.paging import Page
from nexus.api.problems import problem
from nexus.api.rest import etags
from nexus.api.rest.checks import Nothing, checked
from nexus.api.rest.parsers import StrictJSON
from nexus.api.reviewing import HEADER, MEANS, reviewed
from nexus.base.errors import Conflict, Invalid, Limited, NexusError, NotFound, Throttled, Unauthenticated, Unavailable
from nexus.base.sentences import Sentence
from nexus.hubs.access import former_hub
from nexus.hubs.audit import remember
from nexus.hubs.outages import outage
from nexus.pages.guard import looked_through

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"


class ProblemShown(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField(help_text="Where the code is explained.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; /api/v1/errors explains them all.")
    detail = serializers.CharField()
    field = serializers.CharField(required=False, help_text="The input that was wrong.")
    value = serializers.CharField(required=False)
    remedy = serializers.CharField(required=False, help_text="What to do.")
    suspects = serializers.ListField(
        child=serializers.DictField(), required=False,
        help_text="Of `secrets_found`: what more people would see, each as in a hub's `suspects`.",
    )  # fmt: skip


@dataclass(slots=True)
class Answer:
    """What an operation answers with beside the value alone."""

    value: Any = None
    #: The entity tag; without one it is the hash of the body.
    etag: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """What a method of a resource takes and gives; from it come the checks and the OpenAPI document alike."""

    query: type[serializers.Serializer[Any]]
    body: type[serializers.Serializer[Any]] | None
    answer: type[serializers.Serializer[Any]] | None
    many: bool
    status: int


class FirstRenderer(BaseContentNegotiation):
    """There is one form of everything, so `Accept` decides nothing."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        given = (request.content_type or "").partition(";")[0].strip().lower()
        return next((p for p in parsers if p.media_type in {given, "*/*"}), None)

    def select_renderer(
        self, _request: Request, renderers: Iterable[BaseRenderer], _suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type or ""


class CompactJSON(JSONRenderer):
    """UTF-8 as it is; a problem says so."""

    compact = True
    ensure_ascii = False
    charset = None


class Resource(APIView):
    """A resource of the API. Its methods are declared by `operation`."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes: Sequence[type[BaseParser]] = (StrictJSON,)
    renderer_classes = (CompactJSON,)
    content_negotiation_class = FirstRenderer
    #: Set before a method runs.
    actor: Actor
    asked: dict[str, Any]
    sent: dict[str, Any]
    _turn: limits.Turn | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who asks, and whether it is their turn."""
        super().initial(request, *args, **kwargs)
        address = request.META.get("REMOTE_ADDR", "")
        try:
            self.actor = actor_of(request._request, Door.REST)
        except Unauthenticated:
            self._turn = limits.take_turn(Actor.anonymous(Door.REST), address)
            raise
        self._turn = limits.take_turn(self.actor, address)
        self._turn.check()

    def perform_authentication(self, request: Request) -> None:
        """Nothing: `initial` does, and DRF's own would put nobody in the place of the session's user."""

    def options(self, *_args: Any, **_kwargs: Any) -> Response:
        """What may be asked here; the same whether or not there is anything at the address."""
        return Response(status=204)

    def handle_exception(self, exc: Exception) -> Response:
        """The problem document of whatever was raised."""
        error, status, headers = _as_error(outage(exc) or exc, self.request.headers.get("If-Match"))
        if status == 500:
            log.error("a request failed: %s", self.request.path, exc_info=exc)
        remember(error)
        if status == 404 and (elsewhere := self._now_at()):
            return Response(status=308, headers={"Location": elsewhere})
        shown = problem(error, status)
        response = Response(shown, status=shown["status"], content_type=PROBLEM, headers=headers)
        response.exception = True
        return response

    def _now_at(self) -> str:
        """The address of the same in the hub that was called so before, if the actor may see it; "" when there is none."""
        slug = self.kwargs.get("hub")
        hub = former_hub(self.actor, slug) if slug and hasattr(self, "actor") else None
        if hub is None:
            return ""
        path = self.request._request.get_full_path()
        before = f"/api/v1/hubs/{quote(slug, safe='')}"
        return f"/api/v1/hubs/{hub.slug}{path.removeprefix(before)}" if path.startswith(before) else ""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answers; what was not changed since the client read it is not sent again."""
        response = super().dispatch(request, *args, **kwargs)
        for name, value in (self._turn.headers() if self._turn else {}).items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if not isinstance(response, Response):
            return response
        if response.status_code == 204:
            response.headers["Allow"] = ", ".join(self.allowed_methods)
        response.render()
        if response.status_code != 200 or request.method not in {"GET", "HEAD"}:
            return response
        if "ETag" not in response.headers:
            response.headers["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        tag = response.headers["ETag"]
        known = request.headers.get("If-None-Match")
        return response if known is None or not etags.matches(known, tag.strip('"')) else _not_modified(response)


def _not_modified(response: HttpResponse) -> HttpResponse:
    kept = ("ETag", "Cache-Control", "Vary", "Link", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    bare = HttpResponse(status=304, headers={name: response.headers[name] for name in kept if name in response.headers})
    del bare.headers["Content-Type"]
    return bare


def _as_error(exc: Exception, if_match: str | None) -> tuple[NexusError, int, dict[str, str]]:
    """(error, status, headers) of what a method raised."""
    match exc:
        case Unauthenticated():
            return exc, 401, {"WWW-Authenticate": 'Bearer realm="nexus"'}
        case Throttled() | Unavailable():
            return exc, exc.status, {"Retry-After": str(exc.details.get("retry_after", 2))}
        case Conflict():
            return exc, etags.status_of(exc, if_match), {}
        case NexusError():
            return exc, exc.status, {}
        case exceptions.MethodNotAllowed():
            return Invalid(Sentence("That is not done here."), code="method_not_allowed"), 405, {}
        case exceptions.UnsupportedMediaType():
            return (
                Invalid(
                    Sentence("A body of that type is not taken."),
                    code="unsupported_media_type",
                    field="Content-Type",
                    remedy=Sentence("Send what the reference names."),
                ),
                415,
                {},
            )
        case RequestDataTooBig():
            return Limited(Sentence("The body is too large."), remedy=Sentence("Send less, or send a file.")), 413, {}
        case exceptions.APIException() | MultiPartParserError() | SuspiciousOperation() | BadRequest():
            return (
                Invalid(
                    Sentence("The body cannot be read."),
                    code="malformed",
                    remedy=Sentence("Send what the reference names."),
                ),
                400,
                {},
            )
    return (
        NexusError(Sentence("Something broke on our side."), remedy=Sentence("It is in the log; try again.")),
        500,
        {},
    )


def operation(
    summary: str,
    *,
    answer: type[serializers.Serializer[Any]] | None = None,
    many: bool = False,
    query: type[serializers.Serializer[Any]] = Nothing,
    body: type[serializers.Serializer[Any]] | None = None,
    status: int = 200,
    scope: Scope | None = Scope.READ,
    refusals: Sequence[int] = (),
    idempotent: bool = False,
    takes: str = "",
    raw: Any = None,
    shows: bool = False,
    may_be_so: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a method of a Resource: what it takes is checked before it runs, and what it returns is rendered.

    answer, many: how its value is shown; a list is a `paging.Page`. scope: how far a token must reach, for the document; the
    domain checks. refusals: statuses beside those that every operation may answer. idempotent: an Idempotency-Key makes a
    repetition answer what the first did. takes: the type of a body that is bytes and no JSON. raw: the OpenAPI answers of a
    method that returns a response of its own. shows: more people may read a text after it, so it may be refused for what
    that holds, and takes the header that says somebody looked. may_be_so: there may be nothing to do (204).
    """
    described = Operation(query, body, answer, many, status)

    def declare(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def run(self: Resource, request: Request, **path: Any) -> HttpResponseBase:
            self.asked = checked(described.query, request.query_params)
            data = request.data if described.body else None
            self.sent = checked(described.body, data) if described.body else {}
            key = request.headers.get("Idempotency-Key")
            if idempotent and key is not None:
                shown = once(self.actor, key, _fingerprint(request, data), lambda: _kept(self, method, described, path))
                return _replayed(shown)
            value = _done(self, method, path)
            return value if isinstance(value, HttpResponseBase) else _response(request, described, value)

        noun = method.__module__.rpartition(".")[2]
        documented = _documented(described, summary, scope, refusals, takes, raw)
        documented["parameters"] += _headers(method.__name__, described, refusals, idempotent=idempotent, shows=shows)
        if may_be_so:
            documented["responses"][204] = OpenApiResponse(description="It was so already: nothing was done.")
        if method.__name__ == "get":
            documented["responses"][304] = OpenApiResponse(description="What you have still holds.")
        return extend_schema(tags=[noun], **documented)(run)

    return declare


def _done(self: Resource, method: Callable[..., Any], path: dict[str, Any]) -> Any:
    return looked_through(self.actor, reviewed(self.request.headers), lambda: method(self, **path))


def _response(request: Request, described: Operation, value: Any) -> Response:
    told = value if isinstance(value, Answer) else Answer(value)
    status = told.status or described.status
    if described.answer is None or status == 204:
        return Response(status=204, headers=told.headers)
    headers = dict(told.headers)
    if told.etag:
        headers["ETag"] = f'"{told.etag}"'
    shown = _shown(described, told.value)
    if described.many and shown["next"]:
        headers["Link"] = f'<{_next_address(request, shown["next"])}>; rel="next"'
    return Response(shown, status=status, headers=headers)


def _shown(described: Operation, value: Any) -> Any:
    assert described.answer is not None  # noqa: S101  the caller asked
    if described.many:
        page: Page[Any] = value
        return {"results": list(map(_shower(described.answer), page.items)), "next": page.next or None}
    return _shower(described.answer)(value)


@functools.cache
def _shower(kind: type[serializers.Serializer[Any]]) -> Callable[[Any], Any]:
    """What shows a value as `kind` describes it. One serializer for all of them: making one copies each of its fields, which
    takes longer than to show a row."""
    return kind().to_representation


def _next_address(request: Request, cursor: str) -> str:
    asked = request.query_params.dict() | {"cursor": cursor}
    return request.build_absolute_uri(f"{request.path}?{urlencode(asked)}")


# --- A request that may come again ----------------------------------------------------------------------------------


def _fingerprint(request: Request, data: Any) -> str:
    said = repr((request.method, request.get_full_path(), request.content_type, _sent(data)))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _sent(data: Any) -> Any:
    """A body as what makes two of them equal; a file by its content."""
    if not hasattr(data, "lists"):
        return data
    files = {name: hashlib.sha256(value.read()).hexdigest() for name, value in data.items() if hasattr(value, "read")}
    for name in files:
        data[name].seek(0)
    return sorted((data.dict() | files).items())


def _kept(self: Resource, method: Callable[..., Any], described: Operation, path: dict[str, Any]) -> Replay:
    value = _done(self, method, path)
    response = _response(self.request, described, value)
    body = CompactJSON().render(response.data) if response.data is not None else b""
    headers = {name: response.headers[name] for name in ("ETag", "Location") if name in response.headers}
    return Replay(response.status_code, headers, body.decode("utf-8"))


def _replayed(shown: Replay) -> HttpResponse:
    response = HttpResponse(shown.body, status=shown.status, headers=shown.headers, content_type="application/json")
    if shown.is_repeated:
        response.headers["Idempotency-Replayed"] = "true"
    return response


# --- The document ---------------------------------------------------------------------------------------------------

#: What any operation may answer.
ALWAYS = (400, 401, 404, 429)


def _documented(
    described: Operation, summary: str, scope: Scope | None, refusals: Sequence[int], takes: str, raw: Any
) -> dict[str, Any]:
    answers: dict[Any, Any] = raw or {
        described.status: _listed(described) if described.answer else OpenApiResponse(description="Done.")
    }
    for status in {*ALWAYS, *refusals}:
        answers[(status, PROBLEM)] = OpenApiResponse(ProblemShown, description="Refused; `code` says why.")
    return {
        "operation_id": re.sub(r"\W+", "_", summary.lower()),
        "summary": summary,
        "parameters": [described.query] if described.query is not Nothing else [],
        "request": {takes: OpenApiTypes.BINARY} if takes else described.body,
        "responses": answers,
        "auth": [{"bearer": [scope.value]}, {"session": []}] if scope else [],
    }


def _headers(
    method: str, described: Operation, refusals: Sequence[int], *, idempotent: bool, shows: bool
) -> list[OpenApiParameter]:
    """The headers that an operation reads, and those that it answers with."""
    read = {}
    if method == "get":
        read["If-None-Match"] = "An ETag you have: when it still holds, the answer is a 304 without a body."
    if etags.PreconditionRequired.status in refusals:
        read["If-Match"] = "The ETag you read: which version is changed. Required (428 without it)."
    if shows:
        read[HEADER] = MEANS
    if idempotent:
        read["Idempotency-Key"] = (
            "A key of your own: the same request once more answers what the first did, and does nothing."
        )
    told: dict[str, bool | list[int | str]] = {f"RateLimit-{name}": True for name in ("Limit", "Remaining", "Reset")}
    told["ETag"] = [200, 201]
    return [
        *(OpenApiParameter(name, str, OpenApiParameter.HEADER, description=text) for name, text in read.items()),
        *(
            OpenApiParameter(name, str, OpenApiParameter.HEADER, response=statuses)
            for name, statuses in told.items()
            if name != "ETag" or described.status in {200, 201}
        ),
        OpenApiParameter("Retry-After", int, OpenApiParameter.HEADER, response=[429, 503], description="Seconds."),
    ]


def _listed(described: Operation) -> Any:
    if not described.many:
        return described.answer
    assert described.answer is not None  # noqa: S101  the caller asked
    return _list_of(described.answer)


@functools.cache
def _list_of(answer: type[serializers.Serializer[Any]]) -> Any:
    name = answer.__name__.removesuffix("Shown")
    members = {
        "results": answer(many=True),
        "next": serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end."),
    }
    return type(f"{name}List", (serializers.Serializer,), members)


class Nowhere(Resource):
    """Every address under /api/v1 that is none."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nothing is there, whatever is asked."""
        super().initial(request, *args, **kwargs)
        raise NotFound
