"""`nexus manage write_client`: makes the generated files of the Python client anew."""

from typing import Any

from django.core.management.base import BaseCommand

from nexus.ops import client_files


class Command(BaseCommand):
    """Writes clients/python/src/nexus_client/models.py and sync.py."""

    help = "Make the generated files of clients/python from the OpenAPI document and from aio.py."
    requires_system_checks: list[str] = []  # noqa: RUF012  Django's own declaration

    def handle(self, *_args: Any, **_options: Any) -> None:
        for name, text in client_files.files().items():
            path = client_files.PACKAGE / name
            path.write_text(text, "utf-8")
            self.stdout.write(str(path))
