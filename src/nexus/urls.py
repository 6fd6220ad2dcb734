"""Every address, by door."""

from django.urls import include, path

from nexus.api.graphql.refusals import refusal
from nexus.api.graphql.view import graphql, subscription
from nexus.api.rest import documents
from nexus.live import urls as live
from nexus.live.graphql import GraphQLSocket

urlpatterns = [
    path("api/v1/docs", documents.reference, name="api_reference"),
    path("api/v1/errors", documents.errors, name="api_errors"),
    path("api/v1/", include("nexus.api.rest.urls")),
    path("graphql", graphql, name="graphql"),
    path("", include("nexus.web.urls")),
]
#: Subscriptions are read and answered by one door and told by the other, which do not know each other (docs/adr/0070).
websocket_urlpatterns = [
    *live.websocket_urlpatterns,
    path("graphql", GraphQLSocket.as_asgi(subscription=subscription, refusal=refusal), name="graphql_socket"),
]
handler404 = "nexus.web.views.errors.not_found"
handler403 = "nexus.web.views.errors.forbidden"
handler400 = "nexus.web.views.errors.bad_request"
handler500 = "nexus.web.views.errors.server_error"
