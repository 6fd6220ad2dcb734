"""The cast. Alice owns, Mona mentors, Lea and Leo learn, Gus is a guest, Charlie is a stranger, Rita was removed, Oscar
owns another hub, and the anonymous reader is nobody. Every permission test uses Charlie."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.cache import cache
from whitenoise.middleware import WhiteNoiseMiddleware

from nexus.accounts import actions as accounts
from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.base import shared
from nexus.hubs import actions as hubs
from nexus.hubs.models import Hub
from tests.security.replays import REPLAYS

# What the command prints is compared as text; on a runner of GitHub Typer takes every output for a terminal of many colours.
os.environ["_TYPER_FORCE_DISABLE_TERMINAL"] = "1"

#: Real READMEs and notes that are not part of this project.
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
PASSWORD = "correct horse battery staple"
FAST_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What replays an attack is one, wherever it stands (tests/security/replays.py)."""
    replayed = {f"tests/{node}" for replay in REPLAYS.values() for node in replay.tests}
    for item in items:
        if item.nodeid.partition("[")[0] in replayed:
            item.add_marker("security")


_looked_for = WhiteNoiseMiddleware.add_files_from_finders
_static_files: dict[str, dict] = {}


def _look_once(self: WhiteNoiseMiddleware) -> None:
    """Every client of a test starts a server of its own, and each would look at every static file, for 15 ms."""
    if self.static_prefix not in _static_files:
        before, self.files = self.files, {}
        _looked_for(self)
        _static_files[self.static_prefix], self.files = self.files, before
    self.files.update(_static_files[self.static_prefix])


WhiteNoiseMiddleware.add_files_from_finders = _look_once


@pytest.fixture(autouse=True)
def _own_data_folder(settings, tmp_path):
    """No test writes where another, or the developer, keeps anything."""
    settings.DATA_DIR = tmp_path / "var"
    settings.PASSWORD_HASHERS = [FAST_HASHER]
    cache.clear()  # what allauth counts
    shared.clear()  # what we count: sign-ins and other turns, here and in Redis


@dataclass
class Cast:
    """Makes users when first named; `cast.lea` is an actor, `cast.user("lea")` the account."""

    door: Door = Door.WEB
    _users: dict[str, User] = field(default_factory=dict)

    def user(self, name: str) -> User:
        if name not in self._users:
            self._users[name] = accounts.create_user(
                Actor.operator(), name, f"{name}@example.org", PASSWORD, name=name.capitalize()
            )
        return self._users[name]

    def actor(self, name: str) -> Actor:
        return Actor.of(self.user(name), self.door)

    def __getattr__(self, name: str) -> Actor:
        if name == "operator":
            return Actor.operator()
        if name == "anonymous":
            return Actor.anonymous(self.door)
        if name.startswith("_"):
            raise AttributeError(name)
        return self.actor(name)


#: Who is what in a hub made by `make_hub`.
ROLES = {"alice": "owner", "mona": "mentor", "lea": "learner", "leo": "learner", "gus": "guest"}


@pytest.fixture
def cast(db) -> Cast:
    return Cast()


def make_hub(cast: Cast, slug: str = "cohort", visibility: str = "private", roles: dict[str, str] | None = None) -> Hub:
    """A hub of Alice's with its members; Rita was one."""
    hub = hubs.create_hub(cast.alice, slug, title=slug.capitalize(), visibility=visibility)
    for name, role in (ROLES if roles is None else roles).items():
        if name != "alice":
            hubs.set_member(cast.alice, slug, cast.user(name).username, role)
    hubs.set_member(cast.alice, slug, cast.user("rita").username, "mentor")
    hubs.remove_member(cast.alice, slug, "rita")
    hub.refresh_from_db()
    return hub


@pytest.fixture
def hub(cast) -> Hub:
    """Alice's private hub `cohort`."""
    return make_hub(cast)
