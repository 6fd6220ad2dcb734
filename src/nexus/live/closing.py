"""How the server ends a WebSocket: code and reason (RFC 6455 §7.4), as docs/events.md lists them."""

import enum


class Close(enum.Enum):
    """Each says to the client what to do next. 1012 is the gateway's (ops.gateway): come back, the server restarts."""

    UNAVAILABLE = (1013, "unavailable")
    BAD_AFTER = (4400, "bad_after")
    BAD_PAGE = (4400, "bad_page")
    SIGNED_OUT = (4401, "invalid_token")
    EXPIRED = (4401, "token_expired")
    NOT_FOUND = (4404, "not_found")
    TOO_SLOW = (4408, "too_slow")
    AHEAD = (4410, "after_ahead")
    TOO_MANY = (4429, "too_many_connections")
    TOO_LOUD = (4429, "too_many_messages")

    @property
    def code(self) -> int:
        return self.value[0]

    @property
    def reason(self) -> str:
        return self.value[1]
