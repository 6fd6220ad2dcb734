"""The ASGI application that `nexus serve` runs: HTTP by Django's WSGI handler in threads, WebSockets by Channels."""

import os
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexus.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

wsgi = get_wsgi_application()

from channels.routing import URLRouter  # noqa: E402  consumers import models, which the line above made ready

from nexus.base import broadcast  # noqa: E402  likewise
from nexus.exchange import jobs, pulling, sender  # noqa: E402  likewise
from nexus.hubs import following  # noqa: E402  likewise
from nexus.ops import tidying  # noqa: E402  likewise
from nexus.ops.bridge import Bridge  # noqa: E402  likewise
from nexus.ops.front import Front  # noqa: E402  likewise
from nexus.ops.gateway import Gateway  # noqa: E402  likewise
from nexus.ops.personal import Personal  # noqa: E402  likewise

front = Front(Personal(Bridge(wsgi, threads=settings.THREADS, max_body=settings.MAX_REQUEST_MB * 1_000_000)))
broadcast.listeners.append(front.forget)


def started() -> None:
    """What goes on beside the answers."""
    following.start()
    jobs.wake()
    pulling.start()
    tidying.start()
    broadcast.listeners.append(sender.start().wake)


application = Gateway(
    http=front,
    websocket=URLRouter(import_module(settings.ROOT_URLCONF).websocket_urlpatterns),
    recall=front.recall,
    trusted_proxies=settings.TRUSTED_PROXIES,
    started=started,
)
