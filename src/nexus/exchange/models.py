from django.db import models

from nexus.accounts.models import User
from nexus.base import clock
from nexus.base.ids import uuid7
from nexus.hubs.models import Hub
from nexus.pages.models import Blob, Page


class ImportedFile(models.Model):
    """What an import last brought to a path: the base that the next import compares both sides with.

    It says nothing about the page as it is now: that may have been edited, moved or deleted since.
    """

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: Where the import put it; the page follows its own way from there.
    path = models.CharField(max_length=1024)
    path_key = models.CharField(max_length=64)
    #: Which source it came from last: Source.key, so that no address or local path is kept.
    source = models.CharField(max_length=64)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="imported_from")
    #: The content as the source had it, which after a merge no version has.
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="imported_from", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "path_key"), name="exchange_imported_once"),)
        indexes = (
            models.Index(fields=("hub", "source"), name="exchange_imported_source"),
            models.Index(fields=("blob",), name="exchange_imported_blob"),
        )

    def __str__(self) -> str:
        return self.path


class HistoryMark(models.Model):
    """How far the history of a source was brought into a hub: the next import begins behind it."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: As ImportedFile.source.
    source = models.CharField(max_length=64)
    #: The last commit after which the files were as in its tree; and those of side branches that came since.
    commit = models.CharField(max_length=64)
    beyond = models.JSONField(default=list)
    #: Whether files of these commits are held back (pages.guard): then the newest state is looked at too.
    has_held = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "source"), name="exchange_history_once"),)

    def __str__(self) -> str:
        return f"{self.hub_id} at {self.commit[:12]}"


class JobKind(models.TextChoices):
    IMPORT = "import", "Import"
    EXPORT = "export", "Export"


class JobState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Job(models.Model):
    """An import or export that goes on after the answer. Its files lie below NEXUS_DATA_DIR/jobs (exchange.jobs)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: Who asked, and so whose rights it has; asked for again when it runs.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    door = models.CharField(max_length=12)
    kind = models.CharField(max_length=6, choices=JobKind)
    state = models.CharField(max_length=9, choices=JobState, default=JobState.QUEUED)
    #: An import's source as it is called: the uploaded file's name, or an address.
    source = models.CharField(max_length=1024, blank=True)
    #: prefix, message; format.
    options = models.JSONField(default=dict)
    files = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    #: From 0 to 1; null while that is not known.
    done = models.FloatField(null=True)
    #: What `to_json` of its report says, or the code, message, field and remedy of what it was refused for.
    report = models.JSONField(null=True)
    error = models.JSONField(null=True)
    is_cancelled = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    #: When whoever runs it last said so: one that is silent has died, and somebody else begins again.
    seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("state", "created_at"), name="exchange_jobs_waiting"),
            models.Index(fields=("hub", "kind", "created_at"), name="exchange_jobs_of_hub"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.state}"


class SwitchedOff(models.TextChoices):
    """Why a webhook is off."""

    BY_HAND = "by_hand", "Somebody switched it off"
    FAILING = "failing", "It failed for too long"
    GONE = "gone", "The receiver answered 410"
    NO_OWNER = "no_owner", "Whoever it acts for owns the hub no more"
    NO_SECRET = "no_secret", "SECRET_KEY was changed"


class Webhook(models.Model):
    """An address that is told what happens in a hub (exchange.deliveries); its cursor, and whose turn it is to send."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+")
    #: Who saved it last, and so whose rights it has; asked for again before each delivery.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    url = models.CharField(max_length=1024)
    #: Types of events, or `noun.*`; none: all.
    events = models.JSONField(default=list)
    #: What its secret is made from, together with SECRET_KEY (exchange.signing): the secret itself is nowhere.
    seed = models.CharField(max_length=32)
    #: The one before, which signs as well until that time.
    former_seed = models.CharField(max_length=32, blank=True)
    former_until = models.DateTimeField(null=True)
    #: Null while it is on.
    off_since = models.DateTimeField(null=True)
    off_why = models.CharField(max_length=9, choices=SwitchedOff, blank=True)
    #: The number of the last activity that is dealt with.
    after = models.BigIntegerField()
    failing_since = models.DateTimeField(null=True)
    #: Not before then, after a failure.
    next_at = models.DateTimeField(default=clock.now)
    #: Whoever sends for it, and until when the others leave it alone.
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(default=clock.now)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return f"{self.url} of {self.hub_id}"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class Delivery(models.Model):
    """One event for one webhook. Its id is what the receiver knows it by, in every attempt. What was sent is not kept: it is
    read from the log again, so that nothing that was purged is kept here."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    #: The number of the activity; null for a ping.
    seq = models.BigIntegerField(null=True)
    type = models.CharField(max_length=40)
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    #: Somebody asked for it: it is sent once, whatever its turn.
    is_wanted = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    #: Of the last attempt: when, how long it took, and the status and the beginning of the answer, or what went wrong.
    tried_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.CharField(max_length=1000, blank=True)
    error = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (models.UniqueConstraint(fields=("webhook", "seq"), name="exchange_delivery_once"),)
        indexes = (models.Index(fields=("webhook", "created_at"), name="exchange_deliveries_of_hook"),)

    def __str__(self) -> str:
        return f"{self.type} {self.seq} for {self.webhook_id}"


class PullState(models.TextChoices):
    """What came of the last pull."""

    NEVER = "never", "Nothing was pulled yet"
    DONE = "done", "All of it is here"
    CONFLICTS = "conflicts", "Some files conflict"
    HELD = "held", "Some files wait for a look"
    FAILED = "failed", "It did not work"


class ConnectedSource(models.Model):
    """The Git repository that a hub came from, and how what is new there comes here (exchange.pulling)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hub = models.OneToOneField(Hub, on_delete=models.CASCADE, related_name="+")
    #: Who saved it last, and so whose rights a pull has, asked for again each time; null: the operator.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    url = models.CharField(max_length=1024)
    #: "": what its HEAD is; the top of the hub.
    branch = models.CharField(max_length=255, blank=True)
    prefix = models.CharField(max_length=1024, blank=True)
    #: Whether each commit becomes a change, and whose they are: "git" or "me".
    history = models.BooleanField(default=False)
    authors = models.CharField(max_length=4, blank=True)
    #: Minutes between two pulls; 0: no schedule.
    every = models.PositiveIntegerField(default=0)
    #: What the secret of its push webhook is made from, with SECRET_KEY (exchange.signing); "": there is none.
    seed = models.CharField(max_length=32, blank=True)
    #: When somebody or something asked for a pull that did not begin yet; and when the schedule does.
    wanted_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    #: Whoever pulls, and until when the others leave it alone.
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(default=clock.now)
    #: Of the last pull: when it ended, what came of it, its report, and why it failed.
    pulled_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=9, choices=PullState, default=PullState.NEVER)
    report = models.JSONField(null=True)
    error = models.JSONField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes = (
            models.Index(fields=("next_at",), name="exchange_sources_due"),
            models.Index(fields=("wanted_at",), name="exchange_sources_wanted"),
        )

    def __str__(self) -> str:
        return f"{self.url} of {self.hub_id}"

    @property
    def is_pulling(self) -> bool:
        """Whether somebody pulls right now."""
        return bool(self.lease) and self.leased_until > clock.now()

    @property
    def has_secret(self) -> bool:
        """Whether a push webhook can call a pull."""
        return bool(self.seed)

    @property
    def held(self) -> list[dict[str, str]]:
        """What the last pull did not take before somebody looked at it: path and reason."""
        found: list[dict[str, str]] = (self.report or {}).get("files", {}).get("held", [])
        return found

    @property
    def conflicts(self) -> list[dict[str, str]]:
        """Where the last pull found both sides changed: path and reason."""
        found: list[dict[str, str]] = (self.report or {}).get("files", {}).get("conflicts", [])
        return found
