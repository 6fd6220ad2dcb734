"""`nexus manage write_reference`: makes the generated documents anew."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from nexus.ops import reference


class Command(BaseCommand):
    """Writes what nexus.ops.reference makes: whole documents, and the diagram of docs/data-model.md."""

    help = "Make the generated parts of docs/ from the code."
    requires_system_checks: list[str] = []  # noqa: RUF012  Django's own declaration

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("docs", nargs="?", default="docs", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        for path in reference.write(options["docs"]):
            self.stdout.write(str(path))
