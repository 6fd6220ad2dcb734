from django.db import models

from nexus.accounts.models import Person
from nexus.hubs.models import Hub
from nexus.knowledge.models import Entry
from nexus.pages.models import Page


class Findable(models.Model):
    """One thing of a hub that a search may find: the hub, a person who wrote in it, a page or file, or an entry.

    An index: a row repeats in folded form (`folding.fold`, a space at both ends) what the thing says of itself, and is made
    again by `nexus reindex`.
    """

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: One of results.KINDS but "topic": topics are looked up where they are.
    kind = models.CharField(max_length=10)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, null=True, related_name="+")
    #: Who wrote it: the author of the page's newest change, or of the change that brought the entry.
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+")
    #: When it was last changed.
    at = models.DateTimeField()
    is_solved = models.BooleanField(default=False)
    #: Of a challenge's error (knowledge.fingerprint), "" where there is none.
    fingerprint = models.CharField(max_length=16, blank=True)
    error_class = models.CharField(max_length=80, blank=True)
    #: Folded: its title or name; its path; and what `text` says.
    head = models.TextField()
    path = models.TextField(blank=True)
    body = models.TextField(blank=True)
    #: As people wrote it, character by character what `body` folds: snippets are cut out of it.
    text = models.TextField(blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("hub", "kind"), name="search_in_hub"),
            models.Index(fields=("page",), name="search_of_page"),
        )

    def __str__(self) -> str:
        return f"{self.kind}:{self.head}"
