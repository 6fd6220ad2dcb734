from django.db import models

from nexus.accounts.models import Person
from nexus.base import clock
from nexus.base.ids import uuid7
from nexus.hubs.models import Hub
from nexus.pages.models import Page, Version


class EntryKind(models.TextChoices):
    """What a text may say something about. A challenge is a problem met and how it was solved."""

    TECHNOLOGY = "technology", "Technology"
    CONCEPT = "concept", "Concept"
    CHALLENGE = "challenge", "Challenge"
    PRACTICE = "practice", "Practice"
    PROJECT = "project", "Project"


class Verdict(models.TextChoices):
    """What somebody says of a find: it is what it was taken for, it is something of another kind, or it is nothing."""

    RIGHT = "right", "Right"
    OTHER_KIND = "other_kind", "Other kind"
    NOT_THIS = "not_this", "Not this"


class Topic(models.Model):
    """The one thing that many spellings name. Its display name comes from the vocabulary or from the entries one may see:
    a row here says only that somebody, somewhere, wrote about it."""

    slug = models.CharField(max_length=100, primary_key=True)

    def __str__(self) -> str:
        return self.slug


class Entry(models.Model):
    """Something a page says. The row's identity (page, kind, first version, ordinal) is a fact and is kept for ever; all
    else is an index of what `markdown.parse` found in the newest version that says it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="entries", db_index=False)
    #: What it is read as: what the rules found, unless somebody decided that it is of another kind.
    kind = models.CharField(max_length=10, choices=EntryKind)
    #: What the rules found: part of its identity. Empty only until a row made before this column is indexed again.
    found_as = models.CharField(max_length=10, db_default="", default="", blank=True)
    first_version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    #: Its place among the entries that came with that version, from 0.
    ordinal = models.PositiveIntegerField()

    #: The page's hub, again: chapters count and list by it.
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="entries", db_index=False)
    #: Who made the first version, and when: null only until a row made before these columns is indexed again.
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    since = models.DateTimeField(null=True)
    #: When it was learned, as far as the text says so (`knowledge.weeks`); the day is the first version's when no text
    #: names one and it was not imported: an import's day is nobody's.
    week = models.PositiveSmallIntegerField(null=True)
    day = models.DateField(null=True)
    #: Whether the page as it is now says it, and nobody decided that it is nothing.
    is_present = models.BooleanField(default=True)
    #: What was decided last about it.
    verdict = models.CharField(max_length=10, choices=Verdict, null=True)  # noqa: DJ001  null: nobody did
    #: The version it was read from last.
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    #: Byte offsets of its passage in that version.
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    #: The id of the element of the page's HTML in which it begins (`markdown.anchors`); null when there is none to name.
    anchor = models.CharField(max_length=255, null=True)  # noqa: DJ001  absent is not empty
    title = models.TextField()
    problem = models.TextField(null=True)  # noqa: DJ001  absent is not empty
    cause = models.TextField(null=True)  # noqa: DJ001  absent is not empty
    solution = models.TextField(null=True)  # noqa: DJ001  absent is not empty
    error_text = models.TextField(null=True)  # noqa: DJ001  absent is not empty
    #: fingerprint(error_text).digest
    fingerprint = models.CharField(max_length=16, null=True)  # noqa: DJ001  absent is not empty
    confidence = models.FloatField()
    reason = models.CharField(max_length=40)
    topics = models.ManyToManyField(Topic, through="EntryTopic", related_name="entries")

    class Meta:
        verbose_name_plural = "entries"
        constraints = (
            models.UniqueConstraint(
                fields=("page", "found_as", "first_version", "ordinal"), name="knowledge_entry_identity"
            ),
        )
        indexes = (
            models.Index(fields=("hub", "kind", "is_present", "since"), name="knowledge_in_chapter"),
            models.Index(fields=("person", "kind", "is_present", "since"), name="knowledge_of_person"),
            models.Index(fields=("fingerprint",), name="knowledge_by_fingerprint"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.title[:60]}"


class EntryTopic(models.Model):
    """That an entry is about a topic: an index."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("topic", "entry"), name="knowledge_entry_topic_once"),)

    def __str__(self) -> str:
        return f"{self.entry_id} about {self.topic_id}"


class Decision(models.Model):
    """What somebody decided about a find. A fact that no text holds: it is kept, and names the version that was looked at;
    the newest counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="decisions", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    verdict = models.CharField(max_length=10, choices=Verdict)
    #: The kind it is of, when that is another one; else "".
    kind = models.CharField(max_length=10, choices=EntryKind, blank=True)
    #: The number of its activity.
    seq = models.BigIntegerField()
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("entry", "seq"), name="knowledge_decision_once"),)

    def __str__(self) -> str:
        return f"{self.entry_id} {self.verdict}"
