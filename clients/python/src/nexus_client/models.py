"""What the server answers, made from its OpenAPI document by `nexus manage write_client`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """A text by who wrote its lines."""

    #: False: only 2,000 versions or 8,000,000 bytes were looked at.
    is_whole: bool
    passages: list[Passage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step of a hub."""

    #: Its number in the hub; numbers have holes.
    seq: int
    kind: Literal["edit", "import", "revert", "purge"]
    message: str
    author: Person
    #: Where imported texts came from.
    source: str
    reverts: int | None = None
    #: When it came into the hub: it has the order of the numbers.
    created_at: datetime
    #: When its author made it elsewhere, as a Git history says; null: here, then.
    authored_at: datetime | None
    #: Who brought it, when that is not its author.
    brought_by: Person | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Why a change cannot be taken back."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about an entry, by whom, and which version they looked at."""

    entry: str
    verdict: Literal["right", "other_kind", "not_this"]
    #: Of `other_kind`; else empty.
    kind: str
    version: str
    person: Person
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedHub:
    """A hub that is gone, until it is brought back or purged."""

    slug: str
    title: str
    deleted_at: datetime
    #: When it is gone for good.
    purged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event for a webhook, and what came of the last attempt to tell it."""

    #: `webhook-id`, the same in every attempt.
    id: str
    #: The number of the event; null for a ping.
    seq: int | None
    type: str
    state: Literal["waiting", "delivered", "failed"]
    #: Whether it is about to be sent because somebody asked for it.
    is_wanted: bool
    attempts: int
    tried_at: datetime | None
    milliseconds: int | None
    #: Of the answer; null when there was none.
    status: int | None
    #: The beginning of its body.
    answer: str
    #: Why there was no answer (docs/webhooks.md).
    error: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs between two texts."""

    #: Lines, of the whole.
    added: int
    #: Lines, of the whole.
    removed: int
    #: Whether more differs than `hunks` hold.
    is_cut: bool
    hunks: list[Hunk]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """That a person wrote about a topic."""

    #: The id of a person's node.
    source: str
    #: The id of a topic's node.
    target: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What would become of a page."""

    #: Its path now; null: it is not there.
    was: str | None
    #: Its path then; null: it would be deleted.
    path: str | None
    #: Whether it would say something else.
    is_rewritten: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something a text says. `start` and `end` are byte offsets into the text of `version`."""

    id: str
    hub: str
    kind: Literal["technology", "concept", "challenge", "practice", "project"]
    title: str
    problem: str | None
    cause: str | None
    solution: str | None
    error_text: str | None
    #: Equal errors have equal ones.
    fingerprint: str | None
    topics: list[str]
    page: str
    path: str
    version: str
    start: int
    end: int
    confidence: float
    #: The rule that found it.
    reason: str
    person: Person | None
    since: datetime | None
    week: int | None
    day: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a hub. Types and their facts: docs/events.md; ignore those that you do not know."""

    type: str
    #: Its number in the hub; those that are not for you are left out.
    seq: int
    at: datetime
    person: Person
    #: By the type.
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Who wrote about what."""

    nodes: list[Node]
    edges: list[Edge]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A place of pages."""

    id: str
    slug: str
    title: str
    visibility: Literal["private", "internal", "public"]
    #: The number of the newest thing that happened in it.
    sequence: int
    #: Since when it can only be read.
    archived_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines that stand together: changed ones, and some around them."""

    rows: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class InHub:
    """What somebody wrote in a hub."""

    hub: str
    changes: int
    challenges: int
    topics: int
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation by which somebody may still come, without its secret."""

    id: str
    role: Literal["guest", "learner", "mentor", "owner"]
    email: str
    #: How many may come by it.
    uses: int
    #: How many did.
    used: int
    #: Null: the operator.
    inviter: str | None = None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An import or export, and how far it is."""

    id: str
    kind: Literal["import", "export"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    #: What is imported, as it is called.
    source: str
    #: `prefix`, `message`, `history`, `authors` of an import; `format` of an export.
    options: dict[str, Any]
    #: So far.
    files: int
    #: So far.
    bytes: int
    #: From 0 to 1; null while that is not known.
    done: float | None
    #: What came of it, as `nexus import --json` says it.
    report: dict[str, Any] | None
    #: Why it failed: code, message, field, remedy.
    error: dict[str, Any] | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What somebody is in the hub that they joined."""

    username: str
    name: str
    role: Literal["guest", "learner", "mentor", "owner"]
    since: datetime
    hub: Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How far you have seen a hub."""

    #: What has a greater number is new; null: you never looked.
    until: int | None
    #: When you looked last.
    at: datetime | None
    #: The number of the newest that there is.
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The account that asks."""

    id: str
    username: str
    name: str
    #: Shown to nobody else; null: what you gave is not confirmed.
    email: str | None
    is_administrator: bool
    joined_at: datetime
    #: How far the token reaches.
    scopes: list[Literal["read", "write", "admin"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What somebody is in a hub."""

    username: str
    name: str
    role: Literal["guest", "learner", "mentor", "owner"]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    """An invitation just made, with its link, which is shown this once."""

    invitation: Invitation
    token: str
    #: Where a browser accepts it.
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """A webhook with its secret, which is shown this once."""

    id: str
    url: str
    #: Types, or `noun.*`; none: all.
    events: list[str]
    #: Who saved it last, and so whose rights it has.
    user: str
    enabled: bool
    off_since: datetime | None
    off_why: Literal["", "by_hand", "failing", "gone", "no_owner", "no_secret"]
    #: The number of the last event that it was told of, or that is not for it.
    after: int
    failing_since: datetime | None
    #: When it is tried again, after a failure.
    next_at: datetime | None
    created_at: datetime
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShare:
    """A share link just made, with its secret, which is shown this once."""

    share: Share
    token: str
    #: Where a browser reads it.
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSourceSecret:
    """A source with the secret of its push webhook, which is shown this once."""

    #: Without its query.
    url: str
    #: Empty: its main one.
    branch: str
    #: The folder of the hub that it goes to; empty: its top.
    prefix: str
    #: Minutes between two pulls; 0: no schedule.
    every: int
    #: Whether each commit becomes a change.
    history: bool
    #: Whose the texts are: as of an import.
    authors: str
    #: Whose rights a pull has; null: the operator.
    user: str | None = None
    state: Literal["never", "done", "conflicts", "held", "failed"]
    #: Whether it is pulled right now.
    is_pulling: bool
    #: Whether a pull is about to begin.
    is_wanted: bool
    pulled_at: datetime | None
    #: When the schedule pulls next.
    next_at: datetime | None
    #: Of the last pull that worked, as of an import.
    report: dict[str, Any] | None
    #: Why the last pull failed: code, message, remedy.
    error: dict[str, Any] | None
    #: Whether a push webhook may call `source/push`.
    has_secret: bool
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A personal token just made, with its secret, which is shown this once."""

    id: str
    name: str
    #: Its first characters.
    hint: str
    scopes: list[str]
    #: Ids; null for all.
    hubs: list[str] | None
    created_at: datetime
    expires_at: datetime
    #: To the minute.
    last_used_at: datetime | None
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A topic or a person."""

    id: str
    type: Literal["topic", "person"]
    title: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDetails:
    """A change with the versions it made."""

    #: Its number in the hub; numbers have holes.
    seq: int
    kind: Literal["edit", "import", "revert", "purge"]
    message: str
    author: Person
    #: Where imported texts came from.
    source: str
    reverts: int | None = None
    #: When it came into the hub: it has the order of the numbers.
    created_at: datetime
    #: When its author made it elsewhere, as a Git history says; null: here, then.
    authored_at: datetime | None
    #: Who brought it, when that is not its author.
    brought_by: Person | None
    #: At most 1000.
    versions: list[Version]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubDetails:
    """A hub, and what you may do in it."""

    id: str
    slug: str
    title: str
    visibility: Literal["private", "internal", "public"]
    #: The number of the newest thing that happened in it.
    sequence: int
    #: Since when it can only be read.
    archived_at: datetime | None
    created_at: datetime
    capabilities: list[Literal["hub:read", "hub:look", "page:create", "page:edit", "page:move", "page:delete", "page:import", "page:restore", "change:revert_own", "change:revert", "member:invite", "hub:settings", "hub:webhooks", "page:share", "member:manage", "hub:audit", "hub:restore", "page:purge", "suspect:review"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDetails:
    """Somebody, and what they wrote where."""

    #: Their place in addresses: /people/{handle}.
    handle: str
    name: str
    hubs: list[InHub]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNews:
    """A page or file that differs from what it was: `pages/{id}/versions/{now}/difference?since={before}` says in what."""

    #: Its id.
    page: str
    #: Where it is, or was when it was deleted.
    path: str
    title: str
    what: Literal["created", "edited", "moved", "deleted", "restored"]
    #: What it was; null: it was not there.
    before: Version | None
    #: Its newest version.
    now: Version
    #: The number of its last change.
    change: int
    #: How many others made since.
    changes: int
    #: Who, the last first; at most 3.
    writers: list[Person]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is at a path now. Its text is at `{id}/text`; its ETag is the id of its newest version."""

    id: str
    path: str
    kind: Literal["page", "file"]
    title: str
    #: In bytes.
    size: int
    #: SHA-256 of its bytes, in hex.
    hash: str
    #: Send it as If-Match to change the page.
    version: str
    #: How many versions it has had.
    number: int
    change: int
    #: Who made the newest version.
    author: Person
    updated_at: datetime
    is_deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Tokens of a program that signed in."""

    #: Send it as `Authorization: Bearer …`.
    access: str
    #: Good once, for the next pair.
    refresh: str
    #: Seconds until `access` ends.
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Lines that came together."""

    #: The number of the first line, from 1.
    first: int
    #: With their line breaks.
    lines: list[str]
    #: The version that they came with; null: one before those that were looked at.
    version: int | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whoever wrote something. E-mail addresses are shown to nobody."""

    #: Their place in addresses: /people/{handle}.
    handle: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a line."""

    text: str
    #: Whether the line's other version lacks it.
    is_marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands, or stood."""

    path: str
    #: From 1; null: the whole file.
    line: int | None
    #: How that line reads without it.
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """What was taken out, or would be."""

    #: The number of the change that says so; null: a preview.
    change: int | None
    versions: int
    pages: int
    #: Of changes.
    messages: int
    #: The first 50.
    places: list[Place]
    #: Paths that hold the passage in their name, and files that are no text: purge each as a file.
    left: list[str]
    #: How many large files that are no text were not looked through.
    unread: int
    #: Other paths with what the file says; each is purged on its own.
    copies: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One thing found."""

    #: entry, topic, page, file, person or hub.
    type: str
    kind: Literal["challenge", "topic", "page", "practice", "technology", "concept", "project", "person", "hub", "file"]
    id: str
    hub: str
    #: The page it is on.
    path: str
    title: str
    snippet: str
    #: Ranges of characters of the snippet that were asked for.
    marks: list[list[int]]
    #: Those of the title.
    title_marks: list[list[int]]
    #: Where a browser reads it.
    url: str
    person: str
    #: `same error`, `similar error` or nothing.
    match: str
    is_solved: bool | None
    problem: str
    solution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What was found, the most useful first."""

    results: list[Result]
    #: How many of each kind.
    facets: dict[str, int]
    next: str | None
    #: There is more than is counted.
    is_cut: bool
    #: The error message that the query was taken for.
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversion:
    """What taking a change back would do now."""

    is_possible: bool
    #: Pages and files that would be changed.
    total: int
    #: The first of them.
    effects: list[Effect]
    conflicts: list[Conflict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was decided."""

    #: How many of them nobody had decided about.
    decided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """That it is over."""

    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line in both texts, side by side; without its line break."""

    what: Literal["same", "removed", "added", "changed"]
    #: Its number in the old text, from 1.
    old: int | None
    #: Its number in the new text, from 1.
    new: int | None
    before: list[Piece]
    after: list[Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share link that holds, without its secret."""

    id: str
    path: str
    #: Null: a folder.
    page: str | None
    has_password: bool
    #: Null: the operator.
    maker: str | None = None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The Git repository that a hub is connected with, and what came of the last pull."""

    #: Without its query.
    url: str
    #: Empty: its main one.
    branch: str
    #: The folder of the hub that it goes to; empty: its top.
    prefix: str
    #: Minutes between two pulls; 0: no schedule.
    every: int
    #: Whether each commit becomes a change.
    history: bool
    #: Whose the texts are: as of an import.
    authors: str
    #: Whose rights a pull has; null: the operator.
    user: str | None = None
    state: Literal["never", "done", "conflicts", "held", "failed"]
    #: Whether it is pulled right now.
    is_pulling: bool
    #: Whether a pull is about to begin.
    is_wanted: bool
    pulled_at: datetime | None
    #: When the schedule pulls next.
    next_at: datetime | None
    #: Of the last pull that worked, as of an import.
    report: dict[str, Any] | None
    #: Why the last pull failed: code, message, remedy.
    error: dict[str, Any] | None
    #: Whether a push webhook may call `source/push`.
    has_secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Something in a text that looks as if not everybody should see it."""

    #: What it is called in this hub, wherever it stands.
    id: str
    path: str
    #: Of a text that is no more: its version's number.
    version: int | None
    #: From 1.
    line: int
    what: Literal["key", "token", "password", "private_key", "email", "phone", "card", "iban"]
    #: What it seems to be, in words.
    name: str
    #: Enough of it to know it again.
    masked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """What nobody decided about yet."""

    results: list[Suspect]
    #: Whether there is more than this answer tells.
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Somebody who says much about a topic."""

    handle: str
    name: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A personal token, without its secret."""

    id: str
    name: str
    #: Its first characters.
    hint: str
    scopes: list[str]
    #: Ids; null for all.
    hubs: list[str] | None
    created_at: datetime
    expires_at: datetime
    #: To the minute.
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    """A topic in a list."""

    slug: str
    name: str
    #: How many people wrote about it.
    people: int
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic, and who speaks of it."""

    slug: str
    name: str
    spellings: list[str]
    people: int
    #: How many of them only list its name.
    listing: int
    #: Those who say most.
    tellers: list[Teller]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionOfPage:
    """A version with the change that made it."""

    id: str
    page: str
    number: int
    path: str
    kind: Literal["page", "file"]
    size: int
    hash: str
    is_deletion: bool
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A page after a change."""

    id: str
    page: str
    number: int
    path: str
    kind: Literal["page", "file"]
    size: int
    hash: str
    is_deletion: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told what happens in a hub."""

    id: str
    url: str
    #: Types, or `noun.*`; none: all.
    events: list[str]
    #: Who saved it last, and so whose rights it has.
    user: str
    enabled: bool
    off_since: datetime | None
    off_why: Literal["", "by_hand", "failing", "gone", "no_owner", "no_secret"]
    #: The number of the last event that it was told of, or that is not for it.
    after: int
    failing_since: datetime | None
    #: When it is tried again, after a failure.
    next_at: datetime | None
    created_at: datetime
