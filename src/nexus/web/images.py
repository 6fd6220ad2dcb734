"""Which bytes are a bitmap image: decided by the bytes alone, never by a name or a client's word."""


def bitmap_type(head: bytes) -> str | None:
    """The media type of a PNG, JPEG, GIF, WebP or AVIF by its first 32 bytes (WHATWG MIME Sniffing §6.1); None for anything
    else, SVG among it, since that can run scripts."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:14] == b"WEBPVP":
        return "image/webp"
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return None
