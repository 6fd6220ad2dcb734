"""Forms of allauth with a rule of ours."""

from typing import Any

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from nexus.accounts.adapter import check_again
from nexus.accounts.models import User


class SignupForm(forms.SignupForm):  # type: ignore[misc]  # allauth has no types
    """Makes an account with whatever address is given: whether another account has it is told to nobody but its owner, by
    mail (docs/adr/0107). Until it is confirmed the account has none."""

    def validate_unique_email(self, value: str) -> str:
        return value

    def save(self, request: Any) -> User:
        adapter = get_adapter()
        with transaction.atomic():
            user: User = adapter.save_user(request, adapter.new_user(request), self)
            EmailAddress.objects.create(user=user, email=self.cleaned_data["email"], primary=True)
        return user


class ChangePasswordForm(forms.ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    """The present password is tried as often as at signing in, and no more."""

    def clean_oldpassword(self) -> str:
        password = str(self.cleaned_data.get("oldpassword", ""))
        if not check_again(self.user, password, context.request):
            raise ValidationError(gettext("Please type your current password."))
        return password
