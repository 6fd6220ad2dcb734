"""Who may read what, written out once more by hand, and how it is called in lists: with these sets tests/security/
test_readable_sets.py compares what each listing names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.test import Client
from tests.conftest import Cast
from tests.security.readable_world import OTHERS, WRITERS, Note, Place, World

from nexus.accounts import actions as accounts
from nexus.accounts import credentials
from nexus.base.ids import uuid7


@dataclass(eq=False)
class Asker:
    """Somebody who asks. user: "" for nobody; only: the keys of the hubs that their token reaches; browser: theirs, if they
    have one, which who shows a personal token has not."""

    name: str
    user: str
    headers: dict[str, str]
    client: Client
    only: set[Any] | None = None
    browser: Client | None = None


def may_read(asker: Asker, place: Place) -> bool:
    """The rights to read, written out once more: nothing of this is taken from the project."""
    if place.is_deleted or (asker.only is not None and place.key not in asker.only):
        return False
    if place.visibility == "public":
        return True
    return asker.user != "" and (place.visibility == "internal" or asker.user in place.roles)


def everybody(cast: Cast) -> list[Asker]:
    """The cast, each with a browser and an access token; Adele administrates, which reads no private hub."""
    adele = cast.user("adele")
    adele.is_administrator = True
    adele.save()
    found, client = [Asker("anonymous", "", {}, Client(), browser=Client())], Client()
    for name in (*WRITERS, *OTHERS):
        browser = Client()
        browser.force_login(cast.user(name), "allauth.account.auth_backends.AuthenticationBackend")
        token = credentials.access_token(cast.user(name), uuid7())
        found.append(Asker(name, name, {"Authorization": f"Bearer {token}"}, client, browser=browser))
    return found


def programs(world: World) -> list[Asker]:
    """Those who show a personal token: to read one hub, to write two, to administrate all."""
    one, two, three = world.random.sample([place.key for place in world.places], 3)
    made = [("alice", "read", {one}), ("lea", "write", {two, three}), ("mona", "admin", None)]
    found = []
    for name, scope, only in made:
        _, secret = accounts.create_personal_token(world.cast.actor(name), scope, scopes=[scope], hubs=only)
        found.append(Asker(f"{name}'s {scope}", name, {"Authorization": f"Bearer {secret}"}, Client(), only))
    return found


# --- What there is to be read, in hubs ------------------------------------------------------------------------------


def notes(places: Iterable[Place], *, files: bool = False, pages: bool = True) -> Iterable[tuple[Place, Note]]:
    return ((place, note) for place in places for note in place.live if (files if note.is_file else pages))


def hubs(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.slug for place in places}


def pages(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.at(note.path) for place, note in notes(places)}


def counted_pages(places: Iterable[Place], asker: Asker) -> set[str]:
    found = pages(places, asker)
    return found | {f"{len(found)} in all"}


def files(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.at(note.path) for place, note in notes(places, files=True, pages=False)}


def paths(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.at(note.path) for place, note in notes(places, files=True)}


def trash(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.at(note.path) for place in places for note in place.trash}


def changes(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.at(f"{seq}") for place in places for seq in place.changes}


def log(places: Iterable[Place], asker: Asker) -> set[str]:
    return {
        place.at(f"{seq}")
        for place in places
        for seq, members_only in place.log.items()
        if asker.user in place.roles or not members_only
    }


def members(places: Iterable[Place], asker: Asker) -> set[str]:
    return {place.at(name) for place in places if asker.user in place.roles for name in place.roles}


def people(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.at(name) for place in places for name in place.wrote}


def began(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {f"{note.began}: {place.at(note.path)}" for place, note in notes(places)}


def topics(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.at(topic) for place, note in notes(places) for topic in ("quagga", note.title.lower())}


def topics_everywhere(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {topic for _place, note in notes(places) for topic in ("quagga", note.title.lower())}


def asked(places: Iterable[Place], _asker: Asker) -> set[str]:
    """Of what is asked for one by one, what is there."""
    return {place.at(note.path) for place, note in notes(places, files=True) if note.is_asked}


def asked_pages(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.at(note.title) for place, note in notes(places) if note.is_asked}


def names(places: Iterable[Place], asker: Asker) -> set[str]:
    """What the editor offers."""
    return pages(places, asker) | topics(places, asker)


def challenges(places: Iterable[Place], _asker: Asker) -> set[str]:
    return {place.at(note.title.lower()) for place, note in notes(places)}


def entries(places: Iterable[Place], _asker: Asker) -> set[str]:
    said = ("{0}", "Quagga", "Trouble with {0} in the morning")
    return {f"{place.at(note.path)}: {title.format(note.title)}" for place, note in notes(places) for title in said}


def quaggas(places: Iterable[Place], _asker: Asker) -> set[str]:
    """Where the topic of all pages is spoken of, and how often that is counted."""
    found = [place.at(note.path) for place, note in notes(places)]
    return {*found, f"{len(found)} in all"} if found else set()


def surroundings(places: Iterable[Place], _asker: Asker) -> set[str]:
    """Of the pages that are asked for, what their texts name of their own hub and is there, and what lies beside them."""
    found = set()
    for place, note in notes(places):
        for other in place.live if note.is_asked else ():
            if {other.path, "" if other.is_file else other.title} & set(note.links):
                found.add(f"{place.at(note.path)} to {place.at(other.path)}")
            if other.path.rpartition("/")[0] == note.path.rpartition("/")[0]:
                found.add(f"{place.at(note.path)} beside {place.at(other.path)}")
    return found


def found_in_hubs(places: Iterable[Place], asker: Asker) -> set[str]:
    """All that a search without words finds."""
    return hubs(places, asker) | paths(places, asker) | entries(places, asker) | people(places, asker)


def new_to_them(places: Iterable[Place], asker: Asker) -> set[str] | None:
    """What others wrote, of those who write nothing themselves."""
    places = list(places)
    return None if any(asker.user in place.wrote for place in places) else paths(places, asker)


def public(places: Iterable[Place], asker: Asker) -> set[str]:
    """What is said to search engines, whoever asks."""
    of = [place for place in places if place.visibility == "public"]
    return {f"{slug}/" for slug in hubs(of, asker)} | pages(of, asker)
