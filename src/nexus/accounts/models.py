import hashlib
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils.crypto import salted_hmac

from nexus.base import clock
from nexus.base.ids import uuid7

#: A name as it stands in an address: letters, digits and single hyphens, at most 39.
NAME_PATTERN = r"^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,38}$"


class UserManager(BaseUserManager["User"]):
    """What Django and allauth ask of a user model's manager; Nexus itself creates users by `actions.create_user`."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """An account: somebody who can sign in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=39, unique=True, validators=[RegexValidator(NAME_PATTERN)])
    #: One that they confirmed, or that an administrator gave them; null: what they gave is not confirmed (docs/adr/0107).
    email = models.EmailField(max_length=254, unique=True, null=True)  # noqa: DJ001  null: not unique among the absent
    is_active = models.BooleanField(default=True)
    is_administrator = models.BooleanField(default=False)
    #: One of the people of the sample hub, whom anybody at this machine may continue as (web.continuing).
    is_sample = models.BooleanField(default=False, db_default=False)
    joined_at = models.DateTimeField(default=clock.now, editable=False)
    #: Counted up to end every session and token at once ("sign out everywhere").
    epoch = models.PositiveIntegerField(default=0, db_default=0)
    #: How many hubs they may own; null: as the settings say.
    max_hubs = models.PositiveIntegerField(null=True)
    #: How many bytes the hubs they own may hold together; null: as the settings say.
    max_bytes = models.PositiveBigIntegerField(null=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    def __str__(self) -> str:
        return self.username

    @property
    def stamp(self) -> str:
        """What every credential was given for: it differs once the password changed or everything was signed out."""
        return hashlib.sha256(f"{self.password}\n{self.epoch}".encode()).hexdigest()[:32]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's check of a session: ours ends with the tokens, all at once."""
        return salted_hmac("nexus.accounts.session", self.stamp, secret=secret, algorithm="sha256").hexdigest()

    def has_perm(self, *_args: Any) -> bool:
        """Django's own permissions are not used: rights live in hubs.access."""
        return False

    def has_module_perms(self, *_args: Any) -> bool:
        return False


class Person(models.Model):
    """Whoever wrote something: an account, or a name and e-mail out of a Git history that an account can claim later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    #: Their place in addresses: /people/{handle}.
    handle = models.CharField(max_length=39, unique=True, validators=[RegexValidator(NAME_PATTERN)])
    name = models.CharField(max_length=200)
    #: Never shown to anybody; written into an exported Git history and used to claim.
    email = models.CharField(max_length=254, blank=True)
    #: text_key of the folded e-mail, so that one Git author is one person; null for accounts without one.
    email_key = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001  null: not unique among the absent
    user = models.OneToOneField(User, on_delete=models.SET_NULL, null=True, related_name="person")
    #: Who proved that this is them: what this person wrote, and what a Git history still names them for, is theirs.
    claimed_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="claimed")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name


class FormerHandle(models.Model):
    """A name that a person had: their address by it leads to them, and nobody else takes it."""

    handle = models.CharField(max_length=39, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="former_handles")
    until = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return f"{self.handle} of {self.person_id}"


class BrowserSession(models.Model):
    """Somebody signed in by a browser: what they are shown, to know it again by and to end it (accounts.sessions)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    #: The key of Django's session.
    key = models.CharField(max_length=40, unique=True)
    #: User.stamp for which it holds.
    stamp = models.CharField(max_length=32)
    #: What the browser says of itself (User-Agent), and from where it came last.
    device = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=45, blank=True)
    began_at = models.DateTimeField(default=clock.now, editable=False)
    seen_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.user_id} by {self.device}"


class RefreshFamily(models.Model):
    """One signing in of a program: its refresh tokens replace each other, and end together."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_families")
    #: User.stamp when it began.
    stamp = models.CharField(max_length=32)
    #: What signed in, as it said itself (User-Agent).
    label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "refresh families"

    def __str__(self) -> str:
        return f"{self.user_id} {self.label}"


class RefreshToken(models.Model):
    """One refresh token, by the hash of its secret. It is good once: setting `used_at` decides who was first."""

    family = models.ForeignKey(RefreshFamily, on_delete=models.CASCADE, related_name="tokens")
    hash = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return f"{self.hash[:8]} of {self.family_id}"


class PersonalToken(models.Model):
    """A token that somebody made for a program of theirs; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="personal_tokens")
    name = models.CharField(max_length=100)
    hash = models.CharField(max_length=64, unique=True)
    #: Its first characters, to know it again by.
    hint = models.CharField(max_length=16)
    #: User.stamp when it was made.
    stamp = models.CharField(max_length=32)
    #: What it may do: values of actor.Scope.
    scopes = models.JSONField(default=list)
    #: The ids of the only hubs it reaches, as text; null: all that its owner reaches.
    hubs = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.hint}… of {self.user_id}"


class IdempotencyKey(models.Model):
    """A write that somebody named, and what was answered (accounts.idempotency)."""

    #: text_key of the user's id and the key, which is whatever they chose.
    name = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: What the request was.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes = (models.Index(fields=("user", "created_at"), name="accounts_keys_by_age"),)

    def __str__(self) -> str:
        return self.name[:12]
