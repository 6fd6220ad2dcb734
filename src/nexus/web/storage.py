"""How static files are collected for an image."""

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class CollectedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Named by content and compressed, but for what `frontend/` was built to: that is both already, and its files find
    each other by the names they have."""

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        yield from super().post_process(
            {name: place for name, place in paths.items() if not name.startswith("built/")}, **options
        )
