"""How allauth's sign-up meets our rules: names, closed sign-up, and a person for every account."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext

from nexus.accounts.actions import add_person, check_username
from nexus.accounts.models import Person, User
from nexus.base.errors import Conflict, Invalid
from nexus.base.sentences import Sentence


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's calls, answered with the rules of accounts.actions."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return str(settings.SIGN_UP) == "open"

    def clean_username(self, username: str, shallow: bool = False) -> str:
        username = username.strip().lower()
        try:
            check_username(username)
        except Invalid as error:
            words = (error.message.translated(gettext), error.remedy.translated(gettext))
            raise ValidationError(" ".join(words)) from error
        # A handle out of somebody's Git history is taken too: an account must not pass for its author.
        if not shallow and (
            User.objects.filter(username=username).exists() or Person.objects.filter(handle=username).exists()
        ):
            raise ValidationError(gettext("That name is taken. Choose another."))
        return username

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        try:
            with transaction.atomic():
                saved: User = super().save_user(request, user, form, commit=commit)
                if commit and not Person.objects.filter(user=saved).exists():
                    add_person(saved, saved.username)
        except IntegrityError as error:  # somebody took it after the form was checked
            raise Conflict(
                Sentence("That name or address was taken just now."),
                code="name_taken",
                remedy=Sentence("Go back and choose another."),
            ) from error
        return saved
