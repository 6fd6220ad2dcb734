"""A hub in which somebody left something behind for every door: what a test of rights that end asks for again."""

import datetime
from typing import Any

from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.base import clock
from nexus.exchange import connecting, jobs, pulling, webhooks
from nexus.exchange.models import ConnectedSource, Delivery, Job, Webhook
from nexus.hubs import actions as hubs
from nexus.hubs import lifetime
from nexus.hubs.following import run as follow
from nexus.hubs.models import Activity, Hub, Membership
from nexus.knowledge.models import Entry
from nexus.pages import actions as pages
from nexus.pages import shares
from nexus.pages.models import Change, Page, Reviewed, Share, Version
from nexus.pages.queries import path_for

FOLDER = "kept"


def furnish(slug: str, name: str, canary: str, receiver: str) -> dict[str, Any]:
    """Everything that can be in a hub, made by its owner `name`, the word `canary` in it; what to put in the place of each
    part of a route, by the names of the parts."""
    actor = Actor.of(User.objects.get(username=name), Door.WEB)
    hubs.update_hub(actor, slug, title=f"{canary} title")
    page, file, gone = f"{FOLDER}/page.md", f"{FOLDER}/file.bin", "gone.md"
    text = (
        f"# {canary}\n\n## Challenges\n\n- **Challenge:** {canary} broke\n\n## Technologies\n\n- **Docker**: "
        f"{canary}\n\n## Week 2\n\n### Best practices\n\n- Always {canary} first\n"
    ).encode()
    for path, content in ((page, text), (file, b"\xff\x00" + canary.encode()), (gone, text), ("README.md", text)):
        pages.create_page(actor, slug, path, content, message=f"{canary} message")
    base = path_for(actor, slug, page).head_id
    pages.edit_page(actor, slug, page, text + b"\nMore.\n", base=base)
    pages.delete_page(actor, slug, gone)
    invited = hubs.invite_member(actor, slug, "learner", uses=9)
    invitation = invited.invitation
    shared = shares.create_share(actor, slug, FOLDER)
    hook, _secret = webhooks.create_webhook(actor, slug, receiver, events=["change.*"])
    delivery = Delivery.objects.filter(webhook=hook).first() or webhooks.ping_webhook(actor, slug, hook.pk)
    connecting.connect_source(actor, slug, f"https://{canary}.invalid/notes.git")
    export = jobs.start_export(actor, slug, "json")
    brought = jobs.start_import(actor, slug, f"https://{canary}.invalid/more.git")
    follow(invitation.hub_id)
    entry = Entry.objects.filter(hub__slug=slug, is_present=True, kind="challenge").order_by("pk").first()
    assert entry
    version = Version.objects.get(page__hub__slug=slug, page__path=page, number=2)
    return {
        "path": page,
        "file": file,
        "gone": gone,
        "folder": FOLDER,
        "share_token": shared.token,
        "invitation_token": invited.token,
        "topic": "docker",
        "handle": name,
        "username": "alice",
        "chapter": "challenges",
        "kind": "challenge",
        "start": entry.start,
        "seq": Change.objects.filter(hub__slug=slug).order_by("seq").first().seq,
        "page_id": str(version.page_id),
        "file_id": str(Page.objects.get(hub__slug=slug, path=file).pk),
        "gone_id": str(Page.objects.get(hub__slug=slug, path=gone).pk),
        "version": str(version.pk),
        "number": 2,
        "entry": f"{entry.pk}-x",
        "entry_id": str(entry.pk),
        "share": str(Share.objects.get(hub__slug=slug).pk),
        "invitation": str(invitation.pk),
        "webhook": str(hook.pk),
        "delivery": str(delivery.pk),
        "export": str(export.pk),
        "import": str(brought.pk),
    }


def rows() -> dict[str, int]:
    """How much there is of what people make; what is kept of requests and what is derived from texts is no effect."""
    made = (Hub, Membership, Activity, Page, Version, Change, Reviewed, Job)
    return {each.__name__: each.objects.count() for each in made}


def paths(slug: str) -> list[list[str]]:
    return [list(row) for row in Page.objects.filter(hub__slug=slug, live_key__isnull=False).values_list("path")]


def waiting_jobs() -> int:
    return Job.objects.filter(state__in=("queued", "running")).count()


def job_state(job: str) -> str:
    return str(Job.objects.get(pk=job).state)


def pulls(slug: str) -> str:
    """What a pull of the hub's connected source comes to: the code of its error."""
    source = ConnectedSource.objects.get(hub__slug=slug)
    claim = None
    while claim is None:  # the server's own thread may have it
        ConnectedSource.objects.filter(pk=source.pk).update(leased_until=clock.now() - datetime.timedelta(seconds=1))
        claim = pulling.claim_due(hub=source.hub_id)
    pulling.pull(claim)
    return str((ConnectedSource.objects.get(pk=source.pk).error or {}).get("code", ""))


def delete_hub(slug: str) -> None:
    lifetime.delete_hub(Actor.operator(Door.WEB), slug, confirm=slug)


def revoke_share(slug: str, share: str) -> None:
    shares.revoke_share(Actor.operator(Door.WEB), slug, Share.objects.get(pk=share).pk)


def move(slug: str, source: str, target: str) -> None:
    actor = Actor.operator(Door.WEB)
    pages.move_page(actor, slug, source, target, base=path_for(actor, slug, source).head_id)


def off_why(webhook: str) -> str:
    return str(Webhook.objects.get(pk=webhook).off_why)
