"""A client for Nexus. `Nexus` waits for its answers, `AsyncNexus` is awaited; both have the same methods."""

from nexus_client import models
from nexus_client.aio import AsyncHub, AsyncNexus, AsyncPage, AsyncPages
from nexus_client.errors import (
    Conflict,
    Denied,
    Invalid,
    JobFailed,
    NexusError,
    NotFound,
    PreconditionRequired,
    ServerError,
    StaleVersion,
    Throttled,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from nexus_client.sync import Hub, Nexus, Page, Pages

__all__ = [
    "AsyncHub",
    "AsyncNexus",
    "AsyncPage",
    "AsyncPages",
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
    "ServerError",
    "StaleVersion",
    "Throttled",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "models",
]
