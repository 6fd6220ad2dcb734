"""How allauth's sign-up meets our rules: names, closed sign-up, and a person for every account."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from nexus.accounts import attempts
from nexus.accounts.actions import add_person, check_username, is_name_taken
from nexus.accounts.models import Person, User
from nexus.base.errors import Conflict, Invalid, Throttled
from nexus.base.sentences import Sentence


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's calls, answered with the rules of accounts.actions."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        return str(settings.SIGN_UP) == "open"

    def is_safe_url(self, url: str) -> bool:
        """Whether one may be led there: back to where one is. allauth would lead to every host that is ours by name too,
        `localhost` among them, which is the reader's own machine."""
        here = {context.request.get_host()}
        return bool(url_has_allowed_host_and_scheme(url, here, require_https=context.request.is_secure()))

    def clean_username(self, username: str, shallow: bool = False) -> str:
        username = username.strip().lower()
        try:
            check_username(username)
        except Invalid as error:
            words = (error.message.translated(gettext), error.remedy.translated(gettext))
            raise ValidationError(" ".join(words)) from error
        # A handle out of somebody's Git history is taken too: an account must not pass for its author.
        if not shallow and is_name_taken(username):
            raise ValidationError(gettext("That name is taken. Choose another."))
        return username

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        try:
            with transaction.atomic():
                saved: User = super().save_user(request, user, form, commit=False)
                if commit:
                    # A mere claim is no address of theirs; what comes from elsewhere is set behind this, by allauth.
                    saved.email = None
                    saved.save()
                if commit and not Person.objects.filter(user=saved).exists():
                    add_person(saved, saved.username)
        except IntegrityError as error:  # somebody took it after the form was checked
            raise Conflict(
                Sentence("That name or address was taken just now."),
                code="name_taken",
                remedy=Sentence("Go back and choose another."),
            ) from error
        return saved

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """allauth's check, its failures counted with those of the other doors and not by allauth."""
        login = str(credentials.get("username") or credentials.get("email") or "").strip().lower()[:254]
        found = User.objects.filter(Q(username=login) | Q(email=login)).values_list("pk", "username").first()
        known, name = found or (None, "@")  # a name that nobody has
        try:
            attempt = attempts.begin(str(known or login), request.META.get("REMOTE_ADDR", ""))
        except Throttled as error:
            raise ValidationError(str(error)) from error
        # By the name: allauth would also try accounts that only say the address is theirs.
        user: User | None = super().authenticate(request, username=name, password=credentials.get("password"))
        if user is not None:
            attempt.succeeded()
        return user

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """The mail by which an address is confirmed; to one that another account has, that somebody gave it."""
        claimed = emailconfirmation.email_address
        if is_address_taken(claimed.email, besides=claimed.user_id):
            self.send_account_already_exists_mail(claimed.email)
        else:
            super().send_confirmation_mail(request, emailconfirmation, signup)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """What is confirmed becomes the account's address, unless it became another's meanwhile."""
        user, email = email_address.user, email_address.email
        try:
            with transaction.atomic():
                if is_address_taken(email, besides=user.pk) or not super().confirm_email(request, email_address):
                    return False
                if email_address.primary or user.email is None:
                    User.objects.filter(pk=user.pk).update(email=email)
        except IntegrityError:  # at the same moment
            return False
        return True

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Not the one that the account has: another one is made the main one first."""
        return email_address.email != email_address.user.email and bool(super().can_delete_email(email_address))

    def reauthenticate(self, user: User, password: str) -> bool:
        """The password once more, before what matters; a wrong one is a failed sign-in."""
        return check_again(user, password, self.request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: `authenticate` has counted."""


def is_address_taken(email: str, *, besides: Any) -> bool:
    """Whether an account but `besides` has that address, or confirmed it beside another."""
    had = User.objects.filter(email=email).exclude(pk=besides)
    confirmed = EmailAddress.objects.filter(email=email, verified=True).exclude(user=besides)
    return had.exists() or confirmed.exists()


def check_again(user: User, password: str, request: HttpRequest) -> bool:
    """Whether `password` is the user's: counted with the sign-ins of all doors. Raises ValidationError when there were too
    many."""
    try:
        attempt = attempts.begin(str(user.pk), request.META.get("REMOTE_ADDR", ""))
    except Throttled as error:
        raise ValidationError(str(error)) from error
    is_right = user.check_password(password)
    if is_right:
        attempt.succeeded()
    return is_right
