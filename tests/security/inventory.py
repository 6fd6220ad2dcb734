"""Every way into Nexus. tests/architecture/test_inventory.py compares it with what there is."""

#: URL patterns, as they are written.
ADDRESSES = frozenset(
    {
        "",
        "-/sandbox",
        "<hub:hub>/",
        "<hub:hub>/<chapter:chapter>",
        "<hub:hub>/<chapter:chapter>/<entry:entry_id>",
        "<hub:hub>/found/<kind:kind>/<int:start>/<path:path>",
        "<hub:hub>/pages/",
        "<hub:hub>/pages/<path:path>",
        "<hub:hub>/people",
        "<hub:hub>/people/<slug:handle>",
        "<hub:hub>/people/<slug:handle>/<chapter:chapter>",
        "<hub:hub>/raw/<path:path>",
        "<hub:hub>/topics",
        "<hub:hub>/topics/<str:topic>",
        "account/^confirm-email/(?P<key>[-:\\w]+)/$",
        "account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        "account/confirm-email/",
        "account/continue-as/",
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
        "chapters/<chapter:chapter>",
        "health/live",
        "health/ready",
        "people/<slug:handle>",
        "people/<slug:handle>/<chapter:chapter>",
        "robots.txt",
        "sitemap.xml",
        "topics/<str:topic>",
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
        "serve",
        "user create",
        "user list",
        "user password",
    }
)
#: WebSocket routes.
WEBSOCKETS: frozenset[str] = frozenset()
