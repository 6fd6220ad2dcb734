from django.core.validators import RegexValidator
from django.db import models

from nexus.accounts.models import Person, User
from nexus.base import clock
from nexus.base.ids import uuid7

#: A hub's address: letters, digits and single hyphens, at most 63 (a DNS label, RFC 1035 §2.3.1, without upper case).
SLUG_PATTERN = r"^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,62}$"


class Visibility(models.TextChoices):
    PRIVATE = "private", "Members only"
    INTERNAL = "internal", "Signed-in people"
    PUBLIC = "public", "Everybody"


class Role(models.TextChoices):
    GUEST = "guest", "Guest"
    LEARNER = "learner", "Learner"
    MENTOR = "mentor", "Mentor"
    OWNER = "owner", "Owner"


class Hub(models.Model):
    """A place of pages with members and a visibility."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=63, unique=True, validators=[RegexValidator(SLUG_PATTERN)])
    title = models.CharField(max_length=200)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PRIVATE)
    #: The number of the newest activity. Its row is locked first in every write, which makes the numbers a sequence.
    sequence = models.BigIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)
    #: Since when it is gone for all; it can be brought back until it is purged (hubs.deletion).
    deleted_at = models.DateTimeField(null=True)
    #: What is in it, counted with each change (pages.changes): live pages and files, and the bytes of all their versions.
    page_count = models.PositiveIntegerField(default=0, db_default=0)
    byte_count = models.PositiveBigIntegerField(default=0, db_default=0)
    #: How often something of it was purged: where nothing was, nothing is asked about it.
    purges = models.PositiveIntegerField(default=0, db_default=0)
    #: How much it may hold; null: as the settings say.
    max_pages = models.PositiveIntegerField(null=True)
    max_bytes = models.PositiveBigIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return self.slug


class FormerSlug(models.Model):
    """An address that a hub had. It leads to the hub, and is nobody else's, as long as the hub is kept."""

    slug = models.CharField(max_length=63, unique=True)
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="former_slugs")
    until = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return f"{self.slug} of {self.hub_id}"


class Membership(models.Model):
    """What a user is in a hub."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    since = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "user"), name="hubs_membership_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.hub_id}"


class Look(models.Model):
    """How far somebody has seen what happened in a hub: what others wrote behind `seq` is new to them."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="looks", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="looks")
    seq = models.BigIntegerField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "user"), name="hubs_look_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} in {self.hub_id} up to {self.seq}"


class Invitation(models.Model):
    """A link by which others become members; only the hash of its secret is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="invitations", db_index=False)
    hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10, choices=Role)
    #: The only address it is good for, folded; empty: for whoever has the link. Shown to those alone who see the invitation.
    email = models.CharField(max_length=254, blank=True)
    #: How many may come by it, and how many did.
    uses = models.PositiveSmallIntegerField(default=1)
    used = models.PositiveSmallIntegerField(default=0)
    #: Whose right to invite it stands and falls with; null: the operator.
    inviter = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("hub", "expires_at"), name="hubs_invitations_open"),)

    def __str__(self) -> str:
        return f"{self.role} of {self.hub_id}, until {self.expires_at:%Y-%m-%d}"


class InvitationUse(models.Model):
    """Who came by an invitation. Nobody comes by the same twice: whoever was removed since needs another."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="uses_made", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("invitation", "user"), name="hubs_invitation_use_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} by {self.invitation_id}"


class Activity(models.Model):
    """One thing that happened in a hub. Appended, never changed; `seq` counts within the hub from 1 without holes."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="activities", db_index=False)
    seq = models.BigIntegerField()
    verb = models.CharField(max_length=40)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=12)
    #: Small facts that a follower or the audit view needs, by the verb (docs/events.md).
    data = models.JSONField(default=dict)
    #: Where it came from, for NEXUS_ADDRESS_DAYS (hubs.audit); "" for what did not come by the network.
    address = models.CharField(max_length=45, blank=True, db_default="")
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name_plural = "activities"
        constraints = (models.UniqueConstraint(fields=("hub", "seq"), name="hubs_activity_sequence"),)

    def __str__(self) -> str:
        return f"{self.hub_id}#{self.seq} {self.verb}"


class AuditEntry(models.Model):
    """Something about rights that is in no hub's log: what was refused there, and what was done to accounts and to the
    instance. Appended, never changed."""

    at = models.DateTimeField(default=clock.now, editable=False)
    #: Whose owners are told of it; null: the administrators alone.
    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    verb = models.CharField(max_length=40)
    #: How whoever did it was called then: a name, "operator", or "" for nobody who is known.
    who = models.CharField(max_length=39, blank=True)
    door = models.CharField(max_length=12)
    data = models.JSONField(default=dict)
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = (models.Index(fields=("hub", "at"), name="hubs_audit_by_time"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.who} {self.verb}"


class Purge(models.Model):
    """What was purged and where: enough to do it again to a backup that was made before, and nothing of what it said.

    It belongs to no hub, so that it outlives one; a copy lies in NEXUS_DATA_DIR (hubs.purges).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hub_id = models.UUIDField()
    #: `{}`: the whole hub; else as pages.purging has it.
    what = models.JSONField(default=dict)
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes = (models.Index(fields=("hub_id",), name="hubs_purges_of_hub"),)

    def __str__(self) -> str:
        return f"of {self.hub_id}, {self.at:%Y-%m-%d}"


class FollowerCursor(models.Model):
    """How far a follower of the log has come in a hub; its row is the lock that lets one process at a time follow."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    follower = models.CharField(max_length=40)
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "follower"), name="hubs_cursor_once"),)

    def __str__(self) -> str:
        return f"{self.follower} in {self.hub_id} at {self.seq}"
