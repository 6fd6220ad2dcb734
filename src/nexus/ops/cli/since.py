"""`nexus since` and `nexus seen`."""

from typing import Annotated

import typer

from nexus.hubs.access import hub_for
from nexus.ops.cli.door import AsJson, AsUser, acting, command, console, emit
from nexus.pages import history, since
from nexus.pages.diff import unified


@command
def since_looked(
    hub: str,
    after: Annotated[int | None, typer.Option("--from", help="Since this number of the hub.")] = None,
    days: Annotated[int | None, typer.Option(help="In the last days.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 50,
    with_diff: Annotated[bool, typer.Option("--diff", help="What differs, as unified diffs.")] = False,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """The pages of a hub that others changed since somebody (--as) looked, the last changed first."""
    actor = acting(as_user)
    place = hub_for(actor, hub)
    start = since.start_for(actor, place, after=after, days=days)
    rows = since.pages_since(actor, place, start).order_by(*since.NEWEST_FIRST)[:limit] if start else []
    news = since.news_of(actor, list(rows))
    for each in news:
        before = each.before.number if each.before else 0
        who = [writer.handle for writer in each.writers]
        if as_json:
            emit({"page": str(each.page.pk), "path": each.now.path, "what": each.what, "before": before,
                  "now": each.now.number, "change": each.page.seq, "changes": each.changes, "writers": who})  # fmt: skip
        else:
            typer.echo(f"{each.what}\t{each.now.path}\tversion {before} to {each.now.number}\t{', '.join(who)}")
    if with_diff and not as_json:
        _show_differences(news)
    if start is None and not as_json:
        console.print(f"You never looked at {hub}. From now on, once you say so: nexus seen {hub}", markup=False)


def _show_differences(news: list[since.PageNews]) -> None:
    texts = history.texts_of([version for each in news for version in (each.before, each.now)])
    for each, old, new in zip(news, texts[::2], texts[1::2], strict=True):
        if old is not None and new is not None:
            names = (each.before.path if each.before else each.now.path, each.now.path)
            for line in unified(old, "" if each.now.is_deletion else new, names):
                typer.echo(line, nl=False)


@command
def seen(
    hub: str,
    path: Annotated[str, typer.Argument(help="Only this page; left out: the whole hub.")] = "",
    until: Annotated[
        int | None, typer.Option(help="Up to this number of the hub; a smaller one makes what came since new again.")
    ] = None,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Say that somebody (--as) has seen what is in a hub, or in one page of it."""
    actor = acting(as_user)
    page = history.page_once_at(actor, hub, path).pk if path else None
    look = since.mark_seen(actor, hub, page=page, until=until)
    if as_json:
        emit({"hub": hub, "until": look.seq if look else None})
    else:
        console.print(f"{path or hub} is seen.", markup=False)
