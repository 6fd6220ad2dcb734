"""The document of a text that could not be parsed within its bounds: shown as it was written, nothing found in it."""

from html import escape

from nexus.markdown.document import Document


def unparsed(text: str) -> Document:
    """`text` as one block of source, with the warning "unparsed". Linear in its length; never raises."""
    return Document(
        title=None,
        language=None,
        front_matter={},
        outline=(),
        references=(),
        tags=(),
        tasks=(),
        entries=(),
        blocks=(),
        plain=text,
        segments=(f'<pre class="unparsed">{escape(text)}</pre>',),
        warnings=("unparsed",),
    )
