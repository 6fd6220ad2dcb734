"""`nexus manage makemessages`: Django's, which also finds what the domain says (docs/adr/0032)."""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Django's command, told that the first argument of `Sentence` is to be translated."""

    # Django's own attribute
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=Sentence:1"]  # noqa: RUF012
