"""How much one import may cost: every source spends from one Budget, which refuses before anything is stored."""

import time
from dataclasses import dataclass

from django.conf import settings

from nexus.base.errors import Limited
from nexus.base.sentences import Sentence

#: How many times its own size an archive may hold. Text compresses 3 to 20 times; a bomb's whole point is thousands.
MAX_RATIO = 200
#: What any archive may hold whatever its ratio, in bytes: a few pages of nothing but dashes are no attack.
FREE_BYTES = 32_000_000
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one import: files in all, bytes in all and of one file, seconds of reading."""

    files: int
    total_bytes: int
    file_bytes: int
    seconds: float

    @classmethod
    def configured(cls) -> "Limits":
        """As NEXUS_MAX_IMPORT_FILES, _MB, _SECONDS and NEXUS_MAX_UPLOAD_MB say."""
        return cls(
            settings.MAX_IMPORT_FILES,
            settings.MAX_IMPORT_MB * 1_000_000,
            settings.MAX_UPLOAD_MB * 1_000_000,
            settings.MAX_IMPORT_SECONDS,
        )


class Budget:
    """What is left of the limits while a source is read. Every method raises Limited when nothing is."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.files = 0
        self.bytes = 0
        self._until = time.monotonic() + limits.seconds
        self._packed: int | None = None

    def unpacking(self, packed: int) -> None:
        """What is read from here on comes out of an archive of `packed` bytes."""
        self._packed = packed

    @property
    def seconds_left(self) -> float:
        """At least 0."""
        return max(0.0, self._until - time.monotonic())

    def take_file(self, number: int = 1) -> None:
        """Another file, or something that stands where one would."""
        self.files += number
        if self.files > self.limits.files:
            raise Limited(
                Sentence("It holds more than %(files)s files.", files=f"{self.limits.files:,}"), code="too_many_files",
                remedy=Sentence("Import parts of it, or ask for a higher NEXUS_MAX_IMPORT_FILES."),
            )  # fmt: skip
        self.check_time()

    def take_bytes(self, number: int) -> None:
        """Bytes as they are after unpacking, really counted."""
        self.bytes += number
        if self.bytes > self.limits.total_bytes:
            raise Limited(
                Sentence("It holds more than %(size)s MB.", size=f"{self.limits.total_bytes // 1_000_000:,}"),
                code="import_too_large",
                remedy=Sentence("Import parts of it, or ask for a higher NEXUS_MAX_IMPORT_MB."),
            )  # fmt: skip
        if self._packed is not None and self.bytes > max(FREE_BYTES, MAX_RATIO * self._packed):
            raise Limited(
                Sentence("It unpacks to more than %(n)s times its size, as archives made to do harm do.", n=MAX_RATIO),
                code="archive_bomb", remedy=Sentence("If it is sound, unpack it and import the folder."),
            )  # fmt: skip
        self.check_time()

    def check_time(self) -> None:
        """Raises Limited("import_too_slow") when the seconds are over."""
        if time.monotonic() > self._until:
            raise too_slow(self.limits.seconds)


def too_slow(seconds: float) -> Limited:
    """The refusal of a source that takes longer than it may."""
    return Limited(
        Sentence("Reading it took longer than %(seconds)s seconds.", seconds=f"{seconds:,.0f}"), code="import_too_slow",
        remedy=Sentence("What is stored already is skipped next time; or ask for a higher NEXUS_MAX_IMPORT_SECONDS."),
    )  # fmt: skip
