"""Every way into Nexus. tests/architecture/test_inventory.py compares it with what there is."""

#: URL patterns, as they are written.
ADDRESSES = frozenset(
    {
        "",
        "<hub:hub>/",
        "<hub:hub>/pages/",
        "<hub:hub>/pages/<path:path>",
        "<hub:hub>/raw/<path:path>",
        "account/^confirm-email/(?P<key>[-:\\w]+)/$",
        "account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        "account/confirm-email/",
        "account/email/",
        "account/inactive/",
        "account/login/",
        "account/login/code/confirm/",
        "account/logout/",
        "account/password/change/",
        "account/password/reset/",
        "account/password/reset/done/",
        "account/password/reset/key/done/",
        "account/password/set/",
        "account/reauthenticate/",
        "account/signup/",
        "health/live",
        "health/ready",
        "search",
        "show-me",
        "show-me/keep",
    }
)
#: Commands of `nexus`.
COMMANDS = frozenset(
    {
        "change revert",
        "doctor",
        "export",
        "hub create",
        "hub list",
        "hub member",
        "hub set",
        "import",
        "manage",
        "page cat",
        "page diff",
        "page log",
        "page mv",
        "page put",
        "page restore",
        "page rm",
        "parse",
        "reindex",
        "search",
        "serve",
        "user create",
        "user list",
        "user password",
    }
)
#: WebSocket routes.
WEBSOCKETS: frozenset[str] = frozenset()
