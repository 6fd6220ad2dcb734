"""The addresses of WebSockets."""

from typing import Any

from django.urls import path

from nexus.live.consumers import HubStream

websocket_urlpatterns: list[Any] = [path("ws/hubs/<slug:hub>", HubStream.as_asgi(), name="hub_stream")]
