from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models

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
    email = models.EmailField(max_length=254, unique=True)
    is_active = models.BooleanField(default=True)
    is_administrator = models.BooleanField(default=False)
    #: One of the people of the sample hub, whom anybody at this machine may continue as (web.continuing).
    is_sample = models.BooleanField(default=False, db_default=False)
    joined_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    def __str__(self) -> str:
        return self.username

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
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name
