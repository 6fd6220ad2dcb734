"""Every address, by door."""

from typing import Any

from django.urls import include, path

from nexus.api.graphql.view import graphql

urlpatterns = [
    path("api/v1/", include("nexus.api.rest.urls")),
    path("graphql", graphql, name="graphql"),
    path("", include("nexus.web.urls")),
]
handler404 = "nexus.web.views.errors.not_found"
handler403 = "nexus.web.views.errors.forbidden"
handler400 = "nexus.web.views.errors.bad_request"
handler500 = "nexus.web.views.errors.server_error"

#: WebSocket consumers. The health addresses are answered before any of this (ops.health).
websocket_urlpatterns: list[Any] = []
