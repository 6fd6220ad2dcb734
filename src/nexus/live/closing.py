"""How the server ends a WebSocket: code and reason (RFC 6455 §7.4), as docs/events.md lists them."""

import enum


class Close(enum.Enum):
    """Each says to the client what to do next. 1012 is the gateway's (ops.gateway): come back, the server restarts."""

    UNAVAILABLE = (1013, "unavailable")
    BEHIND = (1013, "too_slow")
    SILENT = (1013, "silent")
    BAD_AFTER = (4400, "bad_after")
    BAD_PAGE = (4400, "bad_page")
    SIGNED_OUT = (4401, "invalid_token")
    EXPIRED = (4401, "token_expired")
    NOT_FOUND = (4404, "not_found")
    TOO_SLOW = (4408, "too_slow")
    AHEAD = (4410, "after_ahead")
    TOO_MANY = (4429, "too_many_connections")
    TOO_LOUD = (4429, "too_many_messages")
    #: Of graphql-transport-ws, whose clients know these codes.
    BAD_MESSAGE = (4400, "invalid_message")
    NOT_BEGUN = (4401, "connection_init_first")
    FORBIDDEN = (4403, "invalid_token")
    FORBIDDEN_NOW = (4403, "token_expired")
    NO_PROTOCOL = (4406, "subprotocol_not_acceptable")
    BEGUN_TOO_LATE = (4408, "connection_init_timeout")
    TWICE = (4409, "subscriber_already_exists")
    BEGUN_TWICE = (4429, "too_many_initialisation_requests")

    @property
    def code(self) -> int:
        return self.value[0]

    @property
    def reason(self) -> str:
        return self.value[1]
