"""`nexus backup` and `nexus restore`: everything an instance holds in one file that says by itself whether it is whole.

A backup is a zip: `rows/*.jsonl`, one file a table in the form of Django's JSON Lines serializer; `files/HASH`, the
contents that lie on disk; and last `manifest.json`, with the SHA-256 and number of rows of each. It does not depend on the
database it came from, so that it also moves an instance from one to another (docs/adr/0055).
"""

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

#: What the format is called, with its number; a reader refuses any other.
FORMAT = "nexus-backup/1"
MANIFEST = "manifest.json"
#: What is not taken along: it lets somebody in, repeats an answer or is under way. After a restore everybody signs in anew.
LEFT_OUT = frozenset({
    "sessions.session", "accounts.browsersession", "accounts.refreshfamily", "accounts.refreshtoken",
    "accounts.idempotencykey", "exchange.job", "contenttypes.contenttype", "auth.permission", "auth.group",
})  # fmt: skip


@dataclass(slots=True)
class Manifest:
    """What a backup says of itself: who wrote it when, from which schema, and what each of its files is."""

    format: str
    version: str
    made_at: str
    database: str
    schema: str
    #: Name in the archive → SHA-256.
    digests: dict[str, str] = field(default_factory=dict)
    #: Table (`app.model`) → number of rows.
    rows: dict[str, int] = field(default_factory=dict)
    #: Contents that rows name and that were not on disk.
    missing: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As it stands in the archive."""
        return asdict(self)


def tables() -> list[type[models.Model]]:
    """The models whose rows a backup holds, by name."""
    found = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    return sorted((m for m in found if m._meta.label_lower not in LEFT_OUT), key=lambda m: m._meta.label_lower)


def member(model: type[models.Model]) -> str:
    """The name of a table's file in the archive."""
    return f"rows/{model._meta.label_lower}.jsonl"


def schema() -> str:
    """What names the state of the schema: the migrations that the database has had, hashed."""
    applied = sorted(MigrationLoader(connection).applied_migrations)
    return hashlib.sha256(repr(applied).encode()).hexdigest()[:16]
