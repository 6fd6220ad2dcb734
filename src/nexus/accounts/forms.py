"""Forms of allauth with a rule of ours."""

from allauth.account import forms
from allauth.core import context
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from nexus.accounts.adapter import check_again
from nexus.accounts.models import User


class AddEmailForm(forms.AddEmailForm):  # type: ignore[misc]  # allauth has no types
    """allauth takes another account's address here and hides that it is one; ours is unique, and so it is refused."""

    def clean_email(self) -> str:
        email = str(super().clean_email())
        if User.objects.filter(email=email).exists():
            raise ValidationError(gettext("That address has an account."))
        return email


class ChangePasswordForm(forms.ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    """The present password is tried as often as at signing in, and no more."""

    def clean_oldpassword(self) -> str:
        password = str(self.cleaned_data.get("oldpassword", ""))
        if not check_again(self.user, password, context.request):
            raise ValidationError(gettext("Please type your current password."))
        return password
