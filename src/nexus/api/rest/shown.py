"""What several nouns show: people, changes, pages, versions."""

from rest_framework import serializers

from nexus.accounts.models import Person
from nexus.pages.models import Change, ChangeKind, Kind, Page, Version


class PersonShown(serializers.Serializer[Person]):
    """Whoever wrote something. E-mail addresses are shown to nobody."""

    handle = serializers.CharField(help_text="Their place in addresses: /people/{handle}.")
    name = serializers.CharField()


class ChangeShown(serializers.Serializer[Change]):
    """One step of a hub."""

    seq = serializers.IntegerField(help_text="Its number in the hub; numbers have holes.")
    kind = serializers.ChoiceField(ChangeKind.choices)
    message = serializers.CharField()
    author = PersonShown()
    source = serializers.CharField(help_text="Where imported texts came from.")  # type: ignore[assignment]  # a field is one
    reverts = serializers.IntegerField(source="reverts.seq", default=None, allow_null=True)
    created_at = serializers.DateTimeField(help_text="When it came into the hub: it has the order of the numbers.")
    authored_at = serializers.DateTimeField(
        allow_null=True, help_text="When its author made it elsewhere, as a Git history says; null: here, then."
    )
    brought_by = PersonShown(allow_null=True, help_text="Who brought it, when that is not its author.")


class PageShown(serializers.Serializer[Page]):
    """What is at a path now. Its text is at `{id}/text`; its ETag is the id of its newest version."""

    id = serializers.UUIDField()
    path = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    title = serializers.CharField()
    size = serializers.IntegerField(source="blob.size", help_text="In bytes.")
    hash = serializers.CharField(source="blob_id", help_text="SHA-256 of its bytes, in hex.")
    version = serializers.UUIDField(source="head_id", help_text="Send it as If-Match to change the page.")
    number = serializers.IntegerField(source="head.number", help_text="How many versions it has had.")
    change = serializers.IntegerField(source="seq")
    author = PersonShown(source="head.change.author", help_text="Who made the newest version.")
    updated_at = serializers.DateTimeField(source="head.change.created_at")
    is_deleted = serializers.SerializerMethodField()

    def get_is_deleted(self, page: Page) -> bool:
        return not page.is_live


class VersionShown(serializers.Serializer[Version]):
    """A page after a change."""

    id = serializers.UUIDField()
    page = serializers.UUIDField(source="page_id")
    number = serializers.IntegerField()
    path = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    size = serializers.IntegerField(source="blob.size")
    hash = serializers.CharField(source="blob_id")
    is_deletion = serializers.BooleanField()


class VersionOfPageShown(VersionShown):
    """A version with the change that made it."""

    change = ChangeShown()
