"""How parts of an address are recognised."""

import uuid

from nexus.hubs.models import SLUG_PATTERN
from nexus.web.chapters import BY_KIND, BY_SLUG


class HubConverter:
    """A hub's slug, and nothing that could not be one."""

    regex = SLUG_PATTERN.removeprefix("^").removesuffix("$")

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class ChapterConverter(HubConverter):
    """A chapter's place in addresses."""

    regex = "|".join(BY_SLUG)


class KindConverter(HubConverter):
    """A kind of entry."""

    regex = "|".join(BY_KIND)


class FileConverter(HubConverter):
    """The path of a page, file or folder: whatever Git takes for one, line ends too, at which Django's own `path` stops."""

    regex = r"[\s\S]+"


class TopicConverter(HubConverter):
    """A topic's slug: letters of any script, digits and hyphens. A NUL would be an error of PostgreSQL's."""

    regex = r"[^/\x00-\x20\x7f]{1,100}"


class EntryConverter:
    """An entry's id, with or without words behind it; the words are not looked at."""

    regex = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-[\w-]{1,100})?"

    def to_python(self, value: str) -> uuid.UUID:
        return uuid.UUID(value[:36])

    def to_url(self, value: uuid.UUID) -> str:
        return str(value)
