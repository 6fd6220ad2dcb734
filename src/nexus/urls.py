"""Every address, by door."""

from django.urls import include, path

from nexus.api.graphql.view import graphql
from nexus.api.rest import documents
from nexus.live.urls import websocket_urlpatterns

__all__ = ["urlpatterns", "websocket_urlpatterns"]

urlpatterns = [
    path("api/v1/docs", documents.reference, name="api_reference"),
    path("api/v1/errors", documents.errors, name="api_errors"),
    path("api/v1/", include("nexus.api.rest.urls")),
    path("graphql", graphql, name="graphql"),
    path("", include("nexus.web.urls")),
]
handler404 = "nexus.web.views.errors.not_found"
handler403 = "nexus.web.views.errors.forbidden"
handler400 = "nexus.web.views.errors.bad_request"
handler500 = "nexus.web.views.errors.server_error"
