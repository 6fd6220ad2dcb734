import datetime

from django.db import models

from nexus.accounts.models import Person, User
from nexus.base import clock
from nexus.base.ids import uuid7
from nexus.hubs.models import Hub
from nexus.pages.fields import LongTextField


class Kind(models.TextChoices):
    """What stands at a path: a page is Markdown text that is shown; everything else is a file."""

    PAGE = "page", "Page"
    FILE = "file", "File"


class Blob(models.Model):
    """Content by its SHA-256. Equal contents are one row; what it says of the content never changes."""

    hash = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    #: Whether it is valid UTF-8 without NUL of at most 2 MB. Such content is in `data`; other content is a file on disk.
    is_text = models.BooleanField()
    data = models.BinaryField(null=True)
    #: By which rules (sensitive.RULES; 0: none yet) it was looked through for what not everybody should read, and how much
    #: of that there seems to be: an index over the content, as a stored document is.
    rules = models.PositiveSmallIntegerField(default=0, db_default=0)
    suspects = models.PositiveSmallIntegerField(default=0, db_default=0)
    stored_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return self.hash[:12]


class StoredDocument(models.Model):
    """What `markdown.parse` returned for a text: an index, kept by content and parser, rebuilt by `nexus reindex`."""

    #: text_key("{blob hash} {parser version}"): one column, so that it can be a primary key on every database.
    key = models.CharField(max_length=64, primary_key=True)
    blob = models.ForeignKey(Blob, on_delete=models.CASCADE, related_name="documents", db_index=False)
    parser = models.CharField(max_length=40)
    title = models.CharField(max_length=300, blank=True)
    #: Document.to_json().
    data = LongTextField()
    stored_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        # Named here and in the classes below, not on the columns: there PostgreSQL gets a second index, for LIKE, that
        # nothing asks and every insert pays for.
        indexes = (models.Index(fields=("blob",), name="pages_document_of_blob"),)

    def __str__(self) -> str:
        return f"{self.blob_id[:12]} by {self.parser}"


class Page(models.Model):
    """One text or file over time. Its path and content now repeat its head version's, so that reading takes one join;
    `nexus doctor --deep` compares them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="pages", db_index=False)
    path = models.CharField(max_length=1024)
    #: text_key(path) while the page is live, null when deleted: what makes two live pages at one path impossible.
    live_key = models.CharField(max_length=64, null=True)  # noqa: DJ001  null: gone
    #: text_key of the folder's path ("" for the top) while live.
    folder_key = models.CharField(max_length=64, null=True)  # noqa: DJ001  null: gone
    name = models.CharField(max_length=1024)
    #: text_key of the name while live, for `[[name]]`.
    name_key = models.CharField(max_length=64, null=True)  # noqa: DJ001  null: gone
    kind = models.CharField(max_length=4, choices=Kind)
    title = models.CharField(max_length=300, blank=True)
    #: text_key of a live page's title, for `[[title]]`.
    title_key = models.CharField(max_length=64, null=True)  # noqa: DJ001  null: gone
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+", db_index=False)
    # No database constraint: a page and its first version name each other, and MariaDB cannot defer the check.
    head = models.ForeignKey("Version", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    #: The number of the change that made the head version.
    seq = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "live_key"), name="pages_one_live_page_at_a_path"),)
        indexes = (
            models.Index(fields=("hub", "folder_key", "name_key"), name="pages_in_folder"),
            models.Index(fields=("hub", "name_key"), name="pages_by_name"),
            models.Index(fields=("hub", "title_key"), name="pages_by_title"),
            models.Index(fields=("hub", "seq"), name="pages_by_change"),
            models.Index(fields=("blob",), name="pages_with_blob"),
        )

    def __str__(self) -> str:
        return self.path

    @property
    def is_live(self) -> bool:
        return self.live_key is not None


class Folder(models.Model):
    """A folder that has something live in it: an index over the paths, kept with each change, so that listing one
    folder never walks the hub. `nexus doctor --deep` compares it with a recount."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    path = models.CharField(max_length=1024)
    path_key = models.CharField(max_length=64)
    parent_key = models.CharField(max_length=64)
    name = models.CharField(max_length=1024)
    #: Live pages and files anywhere below it.
    count = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "path_key"), name="pages_folder_once"),)
        indexes = (models.Index(fields=("hub", "parent_key"), name="pages_folders_in_folder"),)

    def __str__(self) -> str:
        return self.path


class ChangeKind(models.TextChoices):
    EDIT = "edit", "Edit"
    IMPORT = "import", "Import"
    REVERT = "revert", "Revert"
    PURGE = "purge", "Purge"


class Change(models.Model):
    """One atomic step of a hub: a message and one or more versions. `seq` is its activity's number."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="changes", db_index=False)
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=6, choices=ChangeKind)
    message = models.TextField(blank=True)
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="changes")
    #: Who brought it here, when that is not its author.
    brought_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    #: Where imported texts came from (a name or an address without credentials), else "".
    source = models.CharField(max_length=1024, blank=True)
    #: The change this one takes back.
    reverts = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="reverted_by")
    #: When it came into the hub; numbers and this have one order.
    created_at = models.DateTimeField(default=clock.now, editable=False)
    #: When its author made it elsewhere, as a Git history says; null: here, then.
    authored_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "seq"), name="pages_change_sequence"),)
        indexes = (models.Index(fields=("created_at",), name="pages_changes_by_time"),)

    def __str__(self) -> str:
        return f"{self.hub_id}#{self.seq}"

    @property
    def made_at(self) -> datetime.datetime:
        """When its author made it, wherever that was."""
        return self.authored_at or self.created_at


class Version(models.Model):
    """A page after a change: where it was and what it said. Never changed, never deleted (but by purge)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="versions", db_index=False)
    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="versions", db_index=False)
    #: 1 for the page's first version, then counting.
    number = models.PositiveIntegerField()
    #: The version this one replaced; null for the first.
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    path = models.CharField(max_length=1024)
    #: text_key(path): finds what was once at a path.
    path_key = models.CharField(max_length=64)
    kind = models.CharField(max_length=4, choices=Kind)
    #: Its content; a deletion keeps what was deleted.
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="versions", db_index=False)
    is_deletion = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("page", "number"), name="pages_version_number"),
            models.UniqueConstraint(fields=("change", "page"), name="pages_one_version_a_change"),
        )
        indexes = (
            models.Index(fields=("path_key",), name="pages_versions_at_path"),
            models.Index(fields=("blob",), name="pages_versions_with_blob"),
        )

    def __str__(self) -> str:
        return f"{self.path} version {self.number}"


class PurgedContent(models.Model):
    """A content that was purged from a hub, so that it does not come back unseen with an import, and what stands for it."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    hash = models.CharField(max_length=64)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "hash"), name="pages_purged_once"),)
        indexes = (models.Index(fields=("blob",), name="pages_purged_with_blob"),)

    def __str__(self) -> str:
        return f"{self.hash[:12]} of {self.hub_id}"


class Share(models.Model):
    """A link by which whoever has it reads one page, or what lies in one folder, until it ends; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: Where the page stood, or the folder's path, when it was made: what is moved away is shared no more.
    path = models.CharField(max_length=1024)
    #: The page; null: a folder.
    page = models.ForeignKey(Page, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    hash = models.CharField(max_length=64, unique=True)
    #: As a password hasher wrote it; "": none is asked for.
    password = models.CharField(max_length=128, blank=True)
    #: Whose right to share it stands and falls with; null: the operator.
    maker = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("hub", "expires_at"), name="pages_shares_open"),)

    def holds(self, path: str) -> bool:
        """Whether what is at `path` is shared."""
        return path == self.path or (self.page_id is None and path.startswith(self.path + "/"))

    def __str__(self) -> str:
        return f"{self.path} of {self.hub_id}, until {self.expires_at:%Y-%m-%d}"


class PageLook(models.Model):
    """How far somebody has seen what happened to one page, when that is further than in its hub (hubs.Look)."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    seq = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "page"), name="pages_look_once"),)
        indexes = (models.Index(fields=("page",), name="pages_looks_at_page"),)

    def __str__(self) -> str:
        return f"{self.user_id} at {self.page_id} up to {self.seq}"


class Reviewed(models.Model):
    """That somebody looked at something in a hub's texts that seemed not to be for everybody, and lets it be seen."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: What it is, as nobody can tell from it (guard.id_of): neither the text nor where it stands.
    suspect = models.CharField(max_length=32)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name_plural = "reviewed"
        constraints = (models.UniqueConstraint(fields=("hub", "suspect"), name="pages_reviewed_once"),)

    def __str__(self) -> str:
        return f"{self.suspect} in {self.hub_id}"
