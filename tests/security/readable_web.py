"""What the pages list, and what is answered when things are asked for one by one at each door, as sets of names: tests/
security/test_readable_sets.py compares them with the truth."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.security import readable_truth as truth
from tests.security.readable_api import ended, listing
from tests.security.readable_truth import Asker
from tests.security.readable_world import WRITERS, Note, Place, World

#: Where the folder is listed in which one is, beside a text or below its name.
TREE = r'<nav class="tree".*?</nav>|<ul class="listing.*?</ul>'
PAGE, TOPIC = r"/pages/([^\"#?]+)", r"/topics/([^\"#?]+)"


def get(asker: Asker, address: str, **headers: str) -> str:
    """What a browser is shown, "" for what is not found or shown to somebody who has signed in alone."""
    assert asker.browser
    answer = asker.browser.get(address, headers=headers)
    assert answer.status_code in {200, 302, 404}, (address, answer.status_code)
    return str(answer.content.decode()) if answer.status_code == 200 else ""


def part(page: str, section: str) -> str:
    """The first part of a page that looks so."""
    found = re.search(section, page, re.DOTALL)
    return found[0] if found else ""


def linked(page: str, address: str) -> set[str]:
    """What a page links to in hubs, as hub/what."""
    return {
        f"{hub}/{unquote(what)}" for hub, what in re.findall(rf'href="(?:http://testserver)?/(hub\d+){address}"', page)
    }


def page_of(name: str, of: Callable[..., Any], address: str, links: str, section: str = "<main.*</main>") -> None:
    """Declares a page of each hub on which something is listed."""

    @listing(f"page {name}", of)
    def named(asker: Asker, world: World) -> set[str] | None:
        if asker.browser is None or of(world.places, asker) is None:
            return None
        shown = [part(get(asker, f"/{place.slug}{address}"), section) for place in world.places]
        return {name for page in shown for name in linked(page, links)}


CHALLENGE = r'/challenges/[^"]*-with-(mark\d+)-[^"]*'
page_of("of technologies", truth.topics, "/technologies", TOPIC)
page_of("of challenges", truth.challenges, "/challenges", CHALLENGE)
page_of("of challenges' pages", truth.pages, "/challenges", PAGE)
page_of("of topics", truth.topics, "/topics", TOPIC)
page_of("of topics beside the overview", truth.topics, "/", TOPIC)
page_of("of people", truth.people, "/people", r"/people/(\w+)", r'<ul class="people".*?</ul>')
page_of("of changes", truth.changes, "/changes", r"/changes/(\d+)")
page_of("of the trash", truth.trash, "/trash", r'/history/([^"?]+)\?[^"]*')
page_of("of what is new", truth.new_to_them, "/since?from=0", PAGE)
page_of("as a feed", truth.changes, "/changes.atom", r"/changes/(\d+)", "<feed.*</feed>")


def listed(tree: str) -> set[str]:
    """The pages and files of a folder, without its folders."""
    return {name for item in re.findall(r'<li class="(?:page|file)">.*?</li>', tree) for name in linked(item, PAGE)}


@listing("page of a folder, and its folders", truth.paths)
def _tree(asker: Asker, world: World) -> set[str] | None:
    """From the overview down."""
    if asker.browser is None:
        return None
    found, todo = set(), [f"/{place.slug}/" for place in world.places]
    while todo:
        tree = part(get(asker, todo.pop()), TREE)
        todo += re.findall(r'<li class="folder"><a href="([^"]+)"', tree)
        found |= listed(tree)
    return found


@listing("texts' links, and what lies beside them", truth.surroundings)
def _reading(asker: Asker, world: World) -> set[str] | None:
    if asker.browser is None:
        return None
    found = set()
    for place, note in world.asked():
        shown = "" if note.is_file else get(asker, f"/{place.slug}/pages/{note.path}")
        text = re.sub(r'<a [^>]*class="(?:missing|external)"[^>]*>', "", part(shown, "<article.*?</article>"))
        found |= {f"{place.at(note.path)} to {to}" for to in linked(text, PAGE)}
        found |= {f"{place.at(note.path)} beside {to}" for to in listed(part(shown, TREE))}
    return found


@listing("names for the editor", truth.names)
def _names(asker: Asker, world: World) -> set[str] | None:
    if asker.browser is None:
        return None
    found = set()
    for place in world.places:
        answer = asker.browser.get(f"/{place.slug}/names?q=")
        if answer.status_code == 200:
            told = answer.json()
            found |= {place.at(page["path"]) for page in told["pages"]}
            found |= {place.at(topic.lower()) for topic in told["topics"]}
    return found


def page(name: str, of: Callable[..., Any], read_from: Callable[[Asker], set[str]]) -> None:
    """Declares a page over all hubs."""
    listing(f"page {name}", of)(lambda asker, _world: None if asker.browser is None else read_from(asker))


page("of hubs", truth.hubs,
     lambda asker: set(re.findall(r'href="/(hub\d+)/"', part(get(asker, "/"), r'id="hubs".*?</section>'))))  # fmt: skip
page("of topics everywhere", truth.topics_everywhere,
     lambda asker: set(re.findall(rf'href="{TOPIC}"', part(get(asker, "/"), r'id="topics".*?</section>'))))  # fmt: skip
page("of technologies everywhere", truth.topics_everywhere,
     lambda asker: set(re.findall(rf'href="{TOPIC}"', get(asker, "/chapters/technologies"))))  # fmt: skip
page("of challenges everywhere", truth.challenges, lambda asker: linked(get(asker, "/chapters/challenges"), CHALLENGE))
page("of a person", truth.began, lambda asker: {
    f"{name}: {found}" for name in (*WRITERS, "oscar")
    for found in linked(part(get(asker, f"/people/{name}"), TREE), PAGE)
})  # fmt: skip


@listing("sitemap", truth.public)
def _sitemap(asker: Asker, _world: World) -> set[str] | None:
    if asker.browser is None:
        return None
    return set(re.findall(r"<loc>http://testserver/(hub\d+/)</loc>", shown := get(asker, "/sitemap.xml"))) | {
        f"{hub}/{path}" for hub, path in re.findall(r"<loc>http://testserver/(hub\d+)/pages/([^<]+)</loc>", shown)
    }


@listing("page of search, to its end", truth.pages)
def _search(asker: Asker, _world: World) -> set[str] | None:
    if asker.browser is None:
        return None
    found, address = set(), "/search?q=zebra"
    while address:
        shown = get(asker, address)
        found |= linked("".join(re.findall(r'<p class="hit-title">.*?</p>', shown, re.DOTALL)), PAGE)
        more = re.search(r'rel="next" href="([^"]+)"', shown)
        address = more[1].replace("&amp;", "&") if more else ""
    return found


@listing("palette's list", truth.pages)
def _palette(asker: Asker, world: World) -> set[str] | None:
    if asker.browser is None:
        return None
    shown = [get(asker, f"/search?q=zebra&hub={place.slug}", **{"HX-Request": "true"}) for place in world.places]
    return {name for each in shown for name in linked(each, PAGE)}


# --- One by one -----------------------------------------------------------------------------------------------------


def asked(name: str, of: Callable[..., Any], address: Callable[[Place, Note], str], *, by_title: bool = False) -> None:
    """Declares an address at which pages and files are asked for."""

    @listing(f"{name}, one by one", of)
    def named(asker: Asker, world: World) -> set[str] | None:
        if asker.browser is None:
            return None
        found = set()
        for place, note in world.asked():
            with ended(asker.browser.get(address(place, note))) as answer:  # which may be an open file
                if answer.status_code == 200:
                    found.add(place.at(note.title if by_title else note.path))
        return found


asked("pages", truth.asked, lambda place, note: f"/{place.slug}/pages/{note.path}")
asked("bytes", truth.asked, lambda place, note: f"/{place.slug}/raw/{note.path}")
asked("topics", truth.asked_pages, lambda _, note: f"/topics/{note.title.lower()}", by_title=True)
