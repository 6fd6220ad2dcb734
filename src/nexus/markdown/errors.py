"""What `parse` refuses, and how it says so."""


class InvalidText(ValueError):
    """A text that cannot be a page. Says which field, what was wrong with it, and what to do about it."""

    code = "invalid_text"

    def __init__(self, message: str, *, field: str, value: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.field = field
        self.value = value
        self.remedy = remedy


class TooLarge(InvalidText):
    """More bytes than a page may have."""

    code = "text_too_large"
