"""`nexus manage load_sample`: what `make run` shows somebody who has brought nothing yet."""

from typing import Any

from django.core.management.base import BaseCommand

from nexus.base import clock
from nexus.base.errors import NexusError
from nexus.ops.cli.door import prepare_database
from nexus.ops.sample import loading, manifest


class Command(BaseCommand):
    """Makes the hubs of the sample, unless this instance has a hub already."""

    help = "Make the sample hubs when there is no hub yet: a cohort's, and the product's own documents."
    requires_system_checks: list[str] = []  # noqa: RUF012  Django's own declaration

    def handle(self, *_args: Any, **_options: Any) -> None:
        prepare_database()
        now = clock.now()
        try:
            made = loading.load(manifest.read("prodev-7", now.date()), now)
        except NexusError as error:
            # The server that `make run` starts next is of use without a sample too.
            self.stderr.write(f"The sample was not loaded, and nothing was changed: {error}")
            return
        if made is not None:
            self._tell(made)

    def _tell(self, made: loading.Loaded) -> None:
        for slug, title in made.hubs.items():
            self.stdout.write(f"Made the public hub “{title}” at /{slug}/.")
        if not made.has_documents:
            self.stdout.write("The product's own documents are not beside this program: no hub was made of them.")
        self.stdout.write(
            f"{len(made.passwords)} people wrote it in {made.changes} steps. They are sample accounts; to sign in as one of "
            "them, use a button of the sign-in page, or a password, shown this once:"
        )
        for username, password in made.passwords.items():
            self.stdout.write(f"  {username:<12} {password}")
