"""Writes about a hub as a whole: another address, other hands, its end, and its return until it is purged."""

import datetime
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models

from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, NotFound
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs import activity, audit, purges
from nexus.hubs.access import PURGING, Capability, deleted_hubs, hub_for, require
from nexus.hubs.actions import check_free, check_slug, require_whole_account
from nexus.hubs.models import AuditEntry, FormerSlug, Hub, Membership, Role

#: The most addresses that a hub had and that lead to it.
MAX_FORMER = 20
_CHUNK = 500  # parameters a statement: below every database's bound


@in_transaction
def rename_hub(actor: Actor, slug: str, new: str) -> Hub:
    """Gives a hub another address. The old one leads to it and is nobody else's, as long as the hub is kept.

    Raises NotFound, Denied, Invalid (slug), Conflict("slug_taken" | "too_many_names").
    """
    hub = _locked(actor, slug)
    if new == hub.slug:
        return hub
    check_slug(new)
    check_free(new, hub)
    FormerSlug.objects.filter(hub=hub, slug=new).delete()  # back to one that it had
    if FormerSlug.objects.filter(hub=hub).count() >= MAX_FORMER:
        raise Conflict(
            Sentence("This hub had %(number)s other addresses already.", number=MAX_FORMER), code="too_many_names",
            field="slug", remedy=Sentence("Go back to one of them."),
        )  # fmt: skip
    FormerSlug.objects.create(hub=hub, slug=hub.slug)
    before, hub.slug = hub.slug, new
    hub.save(update_fields=["slug"])
    activity.record(hub, actor, "hub.renamed", {"before": before, "after": new})
    return hub


@in_transaction
def transfer_hub(actor: Actor, slug: str, username: str) -> Hub:
    """Makes a member the owner, and the actor, if they were one, a mentor. Raises NotFound, Denied,
    Invalid("unknown_user")."""
    hub = _locked(actor, slug, Capability.MEMBER_MANAGE)
    heir = Membership.objects.filter(hub=hub, user__username=username, user__is_active=True).first()
    if heir is None or heir.user_id == actor.user_id:
        raise Invalid(
            Sentence("Nobody else of that name is a member."), field="user", value=username, code="unknown_user",
            remedy=Sentence("Invite them first."),
        )  # fmt: skip
    Membership.objects.filter(pk=heir.pk).update(role=Role.OWNER)
    if actor.is_signed_in:
        Membership.objects.filter(hub=hub, user_id=actor.user_key).update(role=Role.MENTOR)
    activity.record(hub, actor, "member.transferred", {"user": username})
    return hub


@in_transaction
def delete_hub(actor: Actor, slug: str, *, confirm: str) -> Hub:
    """Ends a hub: it is gone for everybody at once, through every door, until it is brought back or NEXUS_DELETED_HUB_DAYS
    have passed. confirm: its address once more. Raises NotFound, Denied, Invalid (confirm)."""
    hub = _locked(actor, slug)
    if confirm != hub.slug:
        raise Invalid(
            Sentence("That is not the address of this hub."), field="confirm", value=confirm,
            remedy=Sentence("Write its address to say that it is this one you mean."),
        )  # fmt: skip
    activity.record(hub, actor, "hub.deleted")
    hub.deleted_at = clock.now()
    hub.save(update_fields=["deleted_at"])
    return hub


@in_transaction
def restore_hub(actor: Actor, slug: str) -> Hub:
    """Brings a deleted hub back as it was: an owner theirs, the operator and administrators any. Raises NotFound."""
    require_whole_account(actor)
    found = deleted_hubs(actor).filter(slug=slug).first()
    if found is None:
        raise NotFound
    hub = activity.locked_hub(found.pk)
    if hub.deleted_at is not None:
        hub.deleted_at = None
        hub.save(update_fields=["deleted_at"])
        activity.record(hub, actor, "hub.restored")
    return hub


def purged_on(hub: Hub) -> datetime.datetime | None:
    """When a deleted hub is purged; None for one that is not deleted."""
    return None if hub.deleted_at is None else hub.deleted_at + datetime.timedelta(days=settings.DELETED_HUB_DAYS)


def purge_hub(actor: Actor, slug: str) -> None:
    """Takes a deleted hub away for good, with all that was ever in it; the operator and administrators. What it held of
    texts is swept with the contents that nothing names. Raises Denied, NotFound."""
    if not (actor.is_operator or actor.is_administrator):
        raise Denied(Sentence("Only an administrator may purge a hub."))
    hub = deleted_hubs(actor).filter(slug=slug).first()
    if hub is None:
        raise NotFound
    _purge(actor, hub.pk)


def purge_due() -> int:
    """Purges the hubs whose time has come; how many. For a job that is due."""
    before = clock.now() - datetime.timedelta(days=settings.DELETED_HUB_DAYS)
    due = list(Hub.objects.filter(deleted_at__lt=before).order_by("pk").values_list("pk", flat=True)[:10])
    for key in due:
        _purge(Actor.operator(), key)
    return len(due)


def _purge(actor: Actor, hub_id: UUID) -> None:
    """Deletes every row that belongs to a hub, whichever package's, in short transactions; one that was interrupted is
    gone on with by the next `purge_due`."""
    if not _mark(actor, hub_id):
        return
    owned = owned_models()
    for model, path in owned.items():  # what names each other within the hub is let go of first
        names = [field.name for field in _references(model) if field.null and field.related_model in owned]
        for name in names:
            in_transaction(model._base_manager.filter(**{path: hub_id}).update)(**{name: None})
    for model in _in_order(owned):
        rows = model._base_manager.filter(**{owned[model]: hub_id}).order_by("pk")
        while keys := list(rows.values_list("pk", flat=True)[:_CHUNK]):
            some = model._base_manager.filter(pk__in=keys)
            in_transaction(some._raw_delete)(some.db)  # cascades are this very walk
    Hub.objects.filter(pk=hub_id).delete()


def purge_again(hub_id: UUID) -> bool:
    """Purges a hub that a restore brought back, in the transaction that is open; whether it was there."""
    is_there = bool(Hub.objects.filter(pk=hub_id).update(deleted_at=PURGING))
    _purge(Actor.operator(), hub_id)
    return is_there


@in_transaction
def _mark(actor: Actor, hub_id: UUID) -> bool:
    """From here on it cannot be brought back. False: it is not deleted."""
    hub = Hub.objects.select_for_update().filter(pk=hub_id, deleted_at__isnull=False).first()
    if hub is not None and hub.deleted_at != PURGING:
        audit.note(actor, "hub.purged", {"hub": hub.slug})
        purges.keep(hub_id, {})
        Hub.objects.filter(pk=hub_id).update(deleted_at=PURGING)
    return hub is not None


def _references(model: type[models.Model]) -> Iterator[Any]:
    return (field for field in model._meta.concrete_fields if field.is_relation)


def owned_models() -> dict[type[models.Model], str]:
    """The models whose rows belong to a hub, each with the way to it in a filter."""
    ways: dict[type[models.Model], str] = {}
    reached: dict[type[models.Model], str] = {Hub: ""}
    while reached:
        following = {
            model: "__".join(part for part in (field.name, way) if part)
            for model in apps.get_models()
            for field in _references(model)
            for target, way in reached.items()
            if field.related_model is target and not field.null and model not in ways and model is not Hub
        }
        ways |= following
        reached = following
    return ways | {AuditEntry: "hub"}


def _in_order(owned: Collection[type[models.Model]]) -> list[type[models.Model]]:
    """Those first whose rows no other of them needs."""
    graph = {
        model: {
            other
            for other in owned
            for field in _references(other)
            if field.related_model is model and other is not model and not field.null and field.db_constraint
        }
        for model in owned
    }
    return list(TopologicalSorter(graph).static_order())


def _locked(actor: Actor, slug: str, capability: Capability = Capability.HUB_SETTINGS) -> Hub:
    hub = activity.locked_hub(hub_for(actor, slug, capability).pk)
    require(actor, capability, hub)
    return hub
