"""`entries`: what texts say; `topics` that gather them; `people` who wrote them; a `graph` of both."""

import uuid
from typing import Any, get_args

from rest_framework import serializers

from nexus.accounts.actor import Scope
from nexus.accounts.models import Person
from nexus.api import paging
from nexus.api.paging import Page
from nexus.api.rest.changes import OneChangeShown, made
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.api.rest.shown import PersonShown
from nexus.base.errors import NotFound
from nexus.hubs.access import hub_for
from nexus.hubs.caching import Basis
from nexus.knowledge import actions, queries
from nexus.knowledge.models import Decision, Entry, EntryKind, Verdict
from nexus.knowledge.queries import Scope as Within
from nexus.markdown import topic_name
from nexus.markdown.adding import Part, Said
from nexus.pages.changes import MAX_MESSAGE
from nexus.pages.claiming import claim_person
from nexus.pages.queries import authors_of, person_for

NEWEST_FIRST = ("-at", "-pk")


def _part(help_text: str) -> serializers.CharField:
    return serializers.CharField(
        required=False, default="", allow_blank=True, max_length=actions.MAX_SAID, help_text=help_text
    )


_SOLVED = {"solved": True, "unsolved": False}


class EntriesAsked(Paged):
    """Which entries, the newest first."""

    kind = serializers.ChoiceField(EntryKind.choices, required=False, default="")
    topic = serializers.CharField(required=False, default="", max_length=100, help_text="About this topic (its slug).")
    person = serializers.CharField(
        required=False, default="", max_length=39, help_text="By this person (their handle)."
    )
    status = serializers.ChoiceField(sorted(_SOLVED), required=False, default="", help_text="Of challenges.")


class EntryShown(serializers.Serializer[Entry]):
    """Something a text says. `start` and `end` are byte offsets into the text of `version`."""

    id = serializers.UUIDField()
    hub = serializers.CharField(source="hub.slug")
    kind = serializers.ChoiceField(EntryKind.choices)
    title = serializers.CharField()
    problem = serializers.CharField(allow_null=True)
    cause = serializers.CharField(allow_null=True)
    solution = serializers.CharField(allow_null=True)
    error_text = serializers.CharField(allow_null=True)
    fingerprint = serializers.CharField(allow_null=True, help_text="Equal errors have equal ones.")
    topics = serializers.SerializerMethodField()
    page = serializers.UUIDField(source="page_id")
    path = serializers.CharField(source="page.path")
    version = serializers.UUIDField(source="version_id")
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    confidence = serializers.FloatField()
    reason = serializers.CharField(help_text="The rule that found it.")
    person = PersonShown(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    week = serializers.IntegerField(allow_null=True)
    day = serializers.DateField(allow_null=True)

    def get_topics(self, entry: Entry) -> list[str]:
        return sorted(topic.pk for topic in entry.topics.all())


class EntryAdded(Strict):
    """Something that a page is to say."""

    path = serializers.CharField(
        trim_whitespace=False, max_length=1024, help_text="Of the page; it is made if it is not there."
    )
    kind = serializers.ChoiceField(EntryKind.choices)
    title = serializers.CharField(max_length=actions.MAX_SAID, help_text="The name; of a challenge, what went wrong.")
    detail = _part("Of all but a challenge: what it is for, or why.")
    cause = _part("Of a challenge.")
    solution = _part("Of a challenge.")
    error_text = _part("Of a challenge: the message, word for word.")
    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_MESSAGE)


class Decided(Strict):
    """What somebody says of an entry."""

    verdict = serializers.ChoiceField(Verdict.choices, help_text="`not_this`: it is nothing, and shown nowhere.")
    kind = serializers.ChoiceField(
        EntryKind.choices, required=False, default="", allow_blank=True, help_text="Of `other_kind`: which."
    )


class DecisionShown(serializers.Serializer[Decision]):
    """What was decided about an entry, by whom, and which version they looked at."""

    entry = serializers.UUIDField(source="entry_id")
    verdict = serializers.ChoiceField(Verdict.choices)
    kind = serializers.CharField(help_text="Of `other_kind`; else empty.")
    version = serializers.UUIDField(source="version_id")
    person = PersonShown()
    at = serializers.DateTimeField()


class AnswerSent(Strict):
    """An answer to what a challenge leaves open."""

    entry = serializers.UUIDField()
    part = serializers.ChoiceField(list(get_args(Part)), help_text="`commit`: the address of one.")
    text = serializers.CharField(max_length=actions.MAX_SAID)


class AnswersSent(Strict):
    """Answers about challenges of one page."""

    path = serializers.CharField(trim_whitespace=False, max_length=1024)
    answers = serializers.ListField(child=AnswerSent(), min_length=1, max_length=actions.MAX_ANSWERS)
    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_MESSAGE)


class Entries(Resource):
    """What the pages of a hub say."""

    @operation("List entries", query=EntriesAsked, answer=EntryShown, many=True)
    def get(self, hub: str) -> Any:
        place = hub_for(self.actor, hub)
        person = person_for(self.actor, self.asked["person"], place) if self.asked["person"] else None
        scope = Within(place, person, self.asked["topic"])
        found = queries.told(self.actor, scope, self.asked["kind"], solved=_SOLVED.get(self.asked["status"]))
        return paging.page_of(found, NEWEST_FIRST, cursor=self.asked["cursor"], limit=self.asked["limit"])

    @operation(
        "Write an entry into a page", shows=True, body=EntryAdded, answer=OneChangeShown, status=201, scope=Scope.WRITE,
        refusals=(403, 409, 413), idempotent=True,
    )  # fmt: skip
    def post(self, hub: str) -> Answer:
        sent = self.sent
        said = Said(**{name: sent[name] for name in ("kind", "title", "detail", "cause", "solution", "error_text")})
        change = actions.add_entry(self.actor, hub, sent["path"], said, message=sent["message"])
        return made(self, hub, change)


class Answers(Resource):
    """What a challenge leaves open, answered in its page."""

    @operation(
        "Answer what challenges leave open", body=AnswersSent, answer=OneChangeShown, status=201, scope=Scope.WRITE,
        refusals=(403, 409, 413), shows=True, idempotent=True,
    )  # fmt: skip
    def post(self, hub: str) -> Answer:
        given = [actions.Answer(one["entry"], one["part"], one["text"]) for one in self.sent["answers"]]
        change = actions.answer_entries(self.actor, hub, self.sent["path"], given, message=self.sent["message"]).change
        return made(self, hub, change)


class OneDecision(Resource):
    """What was decided about an entry."""

    @operation("Decide about an entry", body=Decided, answer=DecisionShown, scope=Scope.WRITE, refusals=(403,))
    def put(self, hub: str, entry_id: uuid.UUID) -> Any:
        return actions.decide_entry(self.actor, hub, entry_id, self.sent["verdict"], kind=self.sent["kind"])


class OneEntry(Resource):
    """An entry."""

    @operation("Read an entry", answer=EntryShown)
    def get(self, hub: str, entry_id: uuid.UUID) -> Any:
        found = queries.told(self.actor, Within(hub_for(self.actor, hub))).filter(pk=entry_id).first()
        if found is None:
            raise NotFound
        return found


# --- Topics ---------------------------------------------------------------------------------------------------------


class TopicLineShown(serializers.Serializer[Any]):
    """A topic in a list."""

    slug = serializers.CharField()
    name = serializers.CharField()
    people = serializers.IntegerField(help_text="How many people wrote about it.")
    entries = serializers.IntegerField()


class TopicsAsked(Paged):
    """Which topics, by slug."""

    kind = serializers.ChoiceField([EntryKind.TECHNOLOGY.value, EntryKind.CONCEPT.value], required=False, default="")


class TellerShown(serializers.Serializer[Any]):
    """Somebody who says much about a topic."""

    handle = serializers.CharField()
    name = serializers.CharField()
    entries = serializers.IntegerField()


class TopicShown(serializers.Serializer[Any]):
    """A topic, and who speaks of it."""

    slug = serializers.CharField()
    name = serializers.CharField()
    spellings = serializers.ListField(child=serializers.CharField())
    people = serializers.IntegerField()
    listing = serializers.IntegerField(help_text="How many of them only list its name.")
    tellers = TellerShown(many=True, help_text="Those who say most.")


class Topics(Resource):
    """The topics of a hub."""

    @operation("List topics", query=TopicsAsked, answer=TopicLineShown, many=True)
    def get(self, hub: str) -> Any:
        limit = self.asked["limit"]
        scope = Within(hub_for(self.actor, hub))
        found = queries.named(self.actor, scope, self.asked["kind"], after=self.asked["cursor"], limit=limit + 1)
        return Page(found[:limit], found[limit - 1].slug if len(found) > limit else "")


class OneTopic(Resource):
    """A topic of a hub."""

    @operation("Read a topic", answer=TopicShown)
    def get(self, hub: str, topic: str) -> Any:
        return _topic(self, Within(hub_for(self.actor, hub), topic=topic))


class TopicEverywhere(Resource):
    """A topic across hubs."""

    @operation("Read a topic across hubs", answer=TopicShown)
    def get(self, topic: str) -> Any:
        return _topic(self, Within(topic=topic))


def _topic(resource: Resource, scope: Within) -> dict[str, Any]:
    said = queries.mentions(resource.actor, scope)
    tellers = [{"handle": handle, "name": name, "entries": n} for handle, name, n in said.tellers]
    name = topic_name(scope.topic) or next(iter(said.spellings), scope.topic)
    return {"slug": scope.topic, "name": name, "spellings": said.spellings, "people": said.people,
            "listing": said.listing, "tellers": tellers}  # fmt: skip


# --- People ---------------------------------------------------------------------------------------------------------


class InHubShown(serializers.Serializer[Any]):
    """What somebody wrote in a hub."""

    hub = serializers.CharField(source="hub.slug")
    changes = serializers.IntegerField()
    challenges = serializers.IntegerField()
    topics = serializers.IntegerField()
    latest = serializers.DateTimeField()


class OnePersonShown(PersonShown):
    """Somebody, and what they wrote where."""

    hubs = InHubShown(many=True)


class People(Resource):
    """Who wrote in a hub."""

    @operation("List people", query=Paged, answer=PersonShown, many=True)
    def get(self, hub: str) -> Any:
        return paging.page_of(authors_of(self.actor, hub), ("handle",), **self.asked)


class OnePerson(Resource):
    """Somebody in a hub."""

    @operation("Read about a person", answer=OnePersonShown)
    def get(self, hub: str, handle: str) -> Any:
        place = hub_for(self.actor, hub)
        person = person_for(self.actor, handle, place)
        return _person(person, queries.people(self.actor, place, person))


class PersonEverywhere(Resource):
    """Somebody across hubs."""

    @operation("Read about a person across hubs", answer=OnePersonShown)
    def get(self, handle: str) -> Any:
        person = person_for(self.actor, handle)
        return _person(person, queries.people(self.actor, person=person))


class Claim(Resource):
    """Somebody out of a Git history whom you prove to be."""

    @operation("Claim a person", answer=OnePersonShown, scope=None, refusals=(403, 409))
    def post(self, handle: str) -> Any:
        person = claim_person(self.actor, handle)
        return _person(person, queries.people(self.actor, person=person))


def _person(person: Person, lines: list[queries.PersonLine]) -> dict[str, Any]:
    return {"handle": person.handle, "name": person.name, "hubs": lines}


# --- The graph ------------------------------------------------------------------------------------------------------


class NodeShown(serializers.Serializer[Any]):
    """A topic or a person."""

    id = serializers.CharField()
    type = serializers.ChoiceField(["topic", "person"])
    title = serializers.CharField()
    entries = serializers.IntegerField()


class EdgeShown(serializers.Serializer[Any]):
    """That a person wrote about a topic."""

    source = serializers.CharField(help_text="The id of a person's node.")  # type: ignore[assignment]  # a field is one
    target = serializers.CharField(help_text="The id of a topic's node.")
    entries = serializers.IntegerField()


class GraphShown(serializers.Serializer[Any]):
    """Who wrote about what."""

    nodes = NodeShown(many=True)
    edges = EdgeShown(many=True)


class GraphAsked(Strict):
    """How much of the graph."""

    topics = serializers.IntegerField(
        required=False, default=60, min_value=1, max_value=200, help_text="At most so many."
    )


class Graph(Resource):
    """The people and topics of a hub, and who wrote about what."""

    @operation("Read the graph", query=GraphAsked, answer=GraphShown)
    def get(self, hub: str) -> Any:
        scope = Within(hub_for(self.actor, hub))
        lines = queries.topics(Basis(self.actor, scope.hub), scope, limit=self.asked["topics"])
        written = queries.who_on_what(self.actor, scope, [line.slug for line in lines])
        people = {handle: name for handle, name, _, _ in written}
        total = {handle: sum(n for h, _, _, n in written if h == handle) for handle in people}
        return {
            "nodes": [
                *({"id": f"topic:{t.slug}", "type": "topic", "title": t.name, "entries": t.entries} for t in lines),
                *({"id": f"person:{h}", "type": "person", "title": n, "entries": total[h]} for h, n in people.items()),
            ],
            "edges": [{"source": f"person:{h}", "target": f"topic:{slug}", "entries": n} for h, _, slug, n in written],
        }
