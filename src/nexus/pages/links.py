"""Where the references of a text lead in its hub. Asked when a page is shown: a target may come and go without the text."""

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from django.db.models import CharField, Count, IntegerField, Min, Value

from nexus.base.ids import text_key
from nexus.hubs.models import Hub
from nexus.markdown import Reference
from nexus.pages.models import Folder, Page
from nexus.pages.paths import folder_of, name_of

#: References beyond this many in one text are taken for missing.
MAX_REFERENCES = 2000

type LinkKind = Literal["page", "file", "folder", "anchor", "external", "missing"]


@dataclass(frozen=True, slots=True)
class Link:
    """Where a reference leads: a path of the hub (kinds page, file, folder, and missing, where it would be), a place in the
    text itself (anchor), or out of the hub (external: `path` is empty, the target stands as written)."""

    kind: LinkKind
    path: str = ""
    fragment: str = ""


def resolve_links(hub: Hub, path: str, references: Sequence[Reference]) -> list[Link]:
    """For each of the `references` of the text at `path`, where it leads; at most one statement.

    Relative targets are taken from the text's folder, `/x` from the hub's top, `[[x]]` as a path, else as the one file of
    that name, else as a page's title (DESIGN: text and paths).
    """
    wanted = [_wanted(path, reference) for reference in references[:MAX_REFERENCES]]
    found = _Index(hub, [w for w in wanted if isinstance(w, _Wanted)])
    links = [w if isinstance(w, Link) else found.find(w) for w in wanted]
    return links + [Link("missing")] * (len(references) - len(links))


@dataclass(frozen=True, slots=True)
class _Wanted:
    paths: tuple[str, ...]
    names: tuple[str, ...]
    title: str
    fragment: str


def _wanted(path: str, reference: Reference) -> Link | _Wanted:
    target, _, fragment = reference.target.partition("#")
    if reference.kind in ("wikilink", "embed"):
        name = target.strip().strip("/")
        if not name:
            return Link("anchor", fragment=fragment)
        with_suffix = (name, f"{name}.md", f"{name}.markdown")
        names = tuple(name_of(n) for n in with_suffix) if "/" not in name else ()
        return _Wanted(with_suffix, names, name, fragment)
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", target):
        return Link("external")
    target = unquote(target.partition("?")[0])
    if not target:
        return Link("anchor", fragment=fragment)
    joined = target if target.startswith("/") else f"{folder_of(path)}/{target}"
    normal = posixpath.normpath(f"/{joined}").lstrip("/")
    if normal == ".":
        normal = ""
    return _Wanted((normal,), (), "", fragment)


class _Index:
    """What of the wanted is there, by each way of naming it; a name or title that several pages have names none of them."""

    def __init__(self, hub: Hub, wanted: Sequence[_Wanted]) -> None:
        self.by_path: dict[str, LinkKind] = {}
        self.by_name: dict[str, tuple[str, LinkKind]] = {}
        self.by_title: dict[str, tuple[str, LinkKind]] = {}
        for path, kind, name, title, count in _rows(hub, wanted):
            if not name and not title:
                self.by_path[path] = kind
            elif count == 1:
                (self.by_name if name else self.by_title)[name or title] = (path, kind)

    def find(self, wanted: _Wanted) -> Link:
        """Where `wanted` is: at one of its paths, else by its name, else by its title."""
        for path in wanted.paths:
            if path == "":
                return Link("folder", "", wanted.fragment)
            if path in self.by_path:
                return Link(self.by_path[path], path, wanted.fragment)
        found = next((self.by_name[n] for n in wanted.names if n in self.by_name), None) or self.by_title.get(
            wanted.title
        )
        path, kind = found or (wanted.paths[0], "missing")
        return Link(kind, path, wanted.fragment)


def _rows(hub: Hub, wanted: Sequence[_Wanted]) -> Iterable[tuple[str, LinkKind, str, str, int]]:
    """(path, kind, name, title, how many) of what may be meant; name and title are set where those were asked for."""
    keys = [text_key(path) for w in wanted for path in w.paths if path and _encodable(path)]
    names = [text_key(name) for w in wanted for name in w.names if _encodable(name)]
    titles = [text_key(w.title[:300]) for w in wanted if w.title and _encodable(w.title)]
    if not keys:
        return []
    pages: Any = Page.objects.filter(hub=hub).order_by()
    folders: Any = Folder.objects.filter(hub=hub, path_key__in=keys)
    none, one = Value("", output_field=CharField()), Value(1, output_field=IntegerField())
    parts = [folders.values_list("path", Value("folder", output_field=CharField()), none, none, one)]
    if titles:
        path, kind, many = Min("path"), Min("kind"), Count("pk")
        parts += [
            pages.filter(name_key__in=names).values_list("name").annotate(n=many)
            .values_list(path, kind, "name", none, "n"),
            pages.filter(title_key__in=titles).values_list("title").annotate(n=many)
            .values_list(path, kind, none, "title", "n"),
        ]  # fmt: skip
    here = pages.filter(live_key__in=keys).values_list("path", "kind", none, none, one)
    found: Iterable[tuple[str, LinkKind, str, str, int]] = here.union(*parts, all=True)
    return found


def _encodable(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)
