"""`nexus manage load_sample`: what `make run` shows somebody who has brought nothing yet."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from nexus.accounts.actor import Actor
from nexus.exchange.actions import import_source
from nexus.hubs.actions import create_hub
from nexus.hubs.queries import hubs
from nexus.ops.cli.door import prepare_database

SAMPLE = Path(__file__).parents[2] / "sample"
SLUG = "sample"


class Command(BaseCommand):
    """Makes the hub `sample`, unless this instance has a hub already."""

    help = "Make the public hub `sample` when there is no hub yet."
    requires_system_checks: list[str] = []  # noqa: RUF012  Django's own declaration

    def handle(self, *_args: Any, **_options: Any) -> None:
        prepare_database()
        operator = Actor.operator()
        if hubs(operator).exists():
            return
        create_hub(operator, SLUG, title="A sample hub", visibility="public")
        import_source(operator, SLUG, SAMPLE, message="The sample")
        self.stderr.write(f"Made the public hub `{SLUG}` from a few sample texts.")
