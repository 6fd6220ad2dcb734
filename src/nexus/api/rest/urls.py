"""Every address under /api/v1."""

from django.urls import path, re_path

from nexus.api.rest import (
    activity,
    attachments,
    auth,
    changes,
    entries,
    history,
    hubs,
    jobs,
    pages,
    reference,
    search,
    webhooks,
)
from nexus.api.rest.resource import Nowhere

_HUB = "hubs/<str:hub>"
_PAGE = f"{_HUB}/pages/<uuid:page_id>"
_WEBHOOK = f"{_HUB}/webhooks/<uuid:webhook_id>"
_DELIVERY = f"{_WEBHOOK}/deliveries/<uuid:delivery_id>"
_FILE = f"{_HUB}/attachments/<uuid:page_id>"

urlpatterns = [
    path("auth/token", auth.Token.as_view()),
    path("auth/token/refresh", auth.Refresh.as_view()),
    path("auth/token/revoke", auth.Revoke.as_view()),
    path("me", auth.Me.as_view()),
    path("me/sign-out-everywhere", auth.SignOutEverywhere.as_view()),
    path("me/tokens", auth.Tokens.as_view()),
    path("me/tokens/<uuid:token_id>", auth.OneToken.as_view()),
    path("hubs", hubs.Hubs.as_view()),
    path(_HUB, hubs.OneHub.as_view()),
    path(f"{_HUB}/members", hubs.Members.as_view()),
    path(f"{_HUB}/members/<str:username>", hubs.OneMember.as_view()),
    path(f"{_HUB}/invitations", hubs.Invitations.as_view()),
    path(f"{_HUB}/invitations/<uuid:invitation_id>", hubs.OneInvitation.as_view()),
    path("invitations/accept", hubs.AcceptedInvitations.as_view()),
    path(f"{_HUB}/pages", pages.Pages.as_view()),
    path(_PAGE, pages.OnePage.as_view()),
    path(f"{_PAGE}/text", pages.Text.as_view()),
    path(f"{_PAGE}/restore", pages.Restore.as_view()),
    path(f"{_PAGE}/versions", pages.Versions.as_view()),
    path(f"{_PAGE}/versions/<int:number>", pages.OneVersion.as_view()),
    path(f"{_PAGE}/versions/<int:number>/text", pages.VersionText.as_view()),
    path(f"{_PAGE}/versions/<int:number>/difference", history.Difference.as_view()),
    path(f"{_PAGE}/versions/<int:number>/blame", history.Blame.as_view()),
    path(f"{_HUB}/trash", history.Trash.as_view()),
    path(f"{_HUB}/attachments", attachments.Attachments.as_view()),
    path(_FILE, attachments.OneAttachment.as_view()),
    path(f"{_FILE}/content", attachments.Content.as_view()),
    path(f"{_HUB}/changes", changes.Changes.as_view()),
    path(f"{_HUB}/changes/<int:seq>", changes.OneChange.as_view()),
    path(f"{_HUB}/changes/<int:seq>/revert", changes.Revert.as_view()),
    path(f"{_HUB}/activity", activity.HubActivity.as_view()),
    path(f"{_HUB}/entries", entries.Entries.as_view()),
    path(f"{_HUB}/entries/<uuid:entry_id>", entries.OneEntry.as_view()),
    path(f"{_HUB}/topics", entries.Topics.as_view()),
    path(f"{_HUB}/topics/<str:topic>", entries.OneTopic.as_view()),
    path(f"{_HUB}/people", entries.People.as_view()),
    path(f"{_HUB}/people/<str:handle>", entries.OnePerson.as_view()),
    path(f"{_HUB}/graph", entries.Graph.as_view()),
    path(f"{_HUB}/imports", jobs.Imports.as_view()),
    path(f"{_HUB}/imports/<uuid:job_id>", jobs.OneImport.as_view()),
    path(f"{_HUB}/exports", jobs.Exports.as_view()),
    path(f"{_HUB}/exports/<uuid:job_id>", jobs.OneExport.as_view()),
    path(f"{_HUB}/exports/<uuid:job_id>/content", jobs.ExportContent.as_view()),
    path(f"{_HUB}/webhooks", webhooks.Webhooks.as_view()),
    path(_WEBHOOK, webhooks.OneWebhook.as_view()),
    path(f"{_WEBHOOK}/rotate-secret", webhooks.RotateSecret.as_view()),
    path(f"{_WEBHOOK}/ping", webhooks.Ping.as_view()),
    path(f"{_WEBHOOK}/deliveries", webhooks.Deliveries.as_view()),
    path(_DELIVERY, webhooks.OneDelivery.as_view()),
    path(f"{_DELIVERY}/redeliver", webhooks.Redeliver.as_view()),
    path("topics/<str:topic>", entries.TopicEverywhere.as_view()),
    path("people/<str:handle>", entries.PersonEverywhere.as_view()),
    path("search", search.Search.as_view()),
    path("schema", reference.Schema.as_view()),
    re_path(r"^.*$", Nowhere.as_view()),
]
