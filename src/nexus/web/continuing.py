"""Continuing as somebody of the sample, without a password: for whoever sits at this machine, and for nobody else."""

import re

from django.http import HttpRequest

from nexus.accounts.models import NAME_PATTERN, User
from nexus.accounts.queries import sample_users
from nexus.base.errors import NotFound

#: How many buttons there are at most.
SHOWN = 12


def is_local(request: HttpRequest) -> bool:
    """What `nexus serve` found out about the request (ops.proxies.is_local); under any other server, never."""
    return request.META.get("nexus.is_local") is True


def sample_people(request: HttpRequest) -> list[User]:
    """Those whom this request may continue as; at most one statement, and none for a request from elsewhere."""
    return list(sample_users()[:SHOWN]) if is_local(request) else []


def sample_person(request: HttpRequest, username: str) -> User:
    """The one called `username` of them. Raises NotFound, as for an absent address."""
    may_be = is_local(request) and re.fullmatch(NAME_PATTERN, username)
    found = sample_users().filter(username=username).first() if may_be else None
    if found is None:
        raise NotFound
    return found
