"""A client for Nexus. `Nexus` waits for its answers, `AsyncNexus` is awaited; both have the same methods."""

from nexus_client import models
from nexus_client.aio import AsyncHub, AsyncNexus, AsyncPage, AsyncPages, AsyncWebhooks
from nexus_client.errors import (
    Conflict,
    Denied,
    Invalid,
    JobFailed,
    NexusError,
    NotFound,
    PreconditionRequired,
    SecretsFound,
    ServerError,
    StaleVersion,
    Throttled,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from nexus_client.sync import Hub, Nexus, Page, Pages, Webhooks

__all__ = [
    "AsyncHub",
    "AsyncNexus",
    "AsyncPage",
    "AsyncPages",
    "AsyncWebhooks",
    "Conflict",
    "Denied",
    "Hub",
    "Invalid",
    "JobFailed",
    "Nexus",
    "NexusError",
    "NotFound",
    "Page",
    "Pages",
    "PreconditionRequired",
    "SecretsFound",
    "ServerError",
    "StaleVersion",
    "Throttled",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "Webhooks",
    "models",
]
