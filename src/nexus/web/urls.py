"""The addresses of the web face (DESIGN: public interface). Names are used by templates and views alone."""

from django.urls import include, path, register_converter

from nexus.web.converters import ChapterConverter, EntryConverter, HubConverter, KindConverter, TopicConverter
from nexus.web.views import (
    account,
    administration,
    chapters,
    feeds,
    hub_settings,
    hubs,
    invitations,
    pages,
    people,
    robots,
    samples,
    sandbox,
    search,
    shares,
    show_me,
    signing_in,
    topics,
    webhooks,
)

register_converter(HubConverter, "hub")
register_converter(ChapterConverter, "chapter")
register_converter(EntryConverter, "entry")
register_converter(KindConverter, "kind")
register_converter(TopicConverter, "topic")

urlpatterns = [
    path("", hubs.start, name="start"),
    path("-/sandbox", sandbox.sandbox, name="sandbox"),  # no hub's slug begins with a dash
    path("robots.txt", robots.robots, name="robots"),
    path("sitemap.xml", robots.sitemap, name="sitemap"),
    path("administration", administration.people, name="administration"),
    path("administration/hubs", administration.hubs, name="administration_hubs"),
    path("administration/audit", administration.record, name="administration_audit"),
    path("account", account.account, name="account"),
    path("account/sessions", account.signed_in, name="account_sessions"),
    path("account/tokens", account.tokens, name="account_tokens"),
    path("account/data", account.data, name="account_data"),
    path("account/leave", account.leave, name="account_leave"),
    path("account/login/", signing_in.here, name="account_login"),
    path("account/signup/", signing_in.new, name="account_signup"),
    path("account/continue-as/", samples.continue_as, name="continue_as"),
    path("account/oidc/<slug:provider_id>/login/", signing_in.begin, name="openid_connect_login"),
    path("account/oidc/<slug:provider_id>/login/callback/", signing_in.finish, name="openid_connect_callback"),
    path("account/github/login/", signing_in.begin, {"provider_id": "github"}, name="github_login"),
    path("account/github/login/callback/", signing_in.finish, {"provider_id": "github"}, name="github_callback"),
    path("account/connections/", include("allauth.socialaccount.urls")),
    path("account/", include("allauth.account.urls")),
    path("chapters/<chapter:chapter>", chapters.everywhere, name="chapter-everywhere"),
    path("topics/<topic:topic>", topics.everywhere, name="topic-everywhere"),
    path("people/<slug:handle>", people.person, name="person-everywhere"),
    path("people/<slug:handle>/<chapter:chapter>", people.chapter, name="person-chapter-everywhere"),
    path("search", search.search, name="search"),
    path("show-me", show_me.show_me, name="show_me"),
    path("show-me/keep", show_me.keep, name="show_me_keep"),
    path("invitations", invitations.invitation, name="invitation"),
    path("invitations/<str:token>", invitations.arrive, name="invitation_link"),
    path("shared/<str:token>", shares.shared, name="shared"),
    path("shared/<str:token>/pages/<path:path>", shares.shared_page, name="shared_page"),
    path("shared/<str:token>/raw/<path:path>", shares.shared_raw, name="shared_raw"),
    path("<hub:hub>/", hubs.overview, name="hub"),
    path("<hub:hub>/changes.atom", feeds.changes, name="feed"),
    path("<hub:hub>/topics", topics.index, name="topics"),
    path("<hub:hub>/topics/<topic:topic>", topics.in_hub, name="topic"),
    path("<hub:hub>/people", people.index, name="people"),
    path("<hub:hub>/people/<slug:handle>", people.person, name="person"),
    path("<hub:hub>/people/<slug:handle>/<chapter:chapter>", people.chapter, name="person-chapter"),
    path("<hub:hub>/settings", hub_settings.settings, name="hub_settings"),
    path("<hub:hub>/audit", hub_settings.audit_view, name="audit"),
    path("<hub:hub>/webhooks", webhooks.webhooks, name="webhooks"),
    path("<hub:hub>/webhooks/<uuid:webhook>", webhooks.webhook, name="webhook"),
    path("<hub:hub>/shares", shares.manage, name="shares"),
    path("<hub:hub>/shares/<uuid:share>/revoke", shares.revoke, name="revoke_share"),
    path("<hub:hub>/invitations", invitations.invitations, name="invitations"),
    path("<hub:hub>/invitations/<uuid:invitation>/revoke", invitations.revoke, name="revoke_invitation"),
    path("<hub:hub>/pages/", pages.top, name="pages"),
    path("<hub:hub>/pages/<path:path>", pages.show, name="page"),
    path("<hub:hub>/raw/<path:path>", pages.raw, name="raw"),
    path("<hub:hub>/found/<kind:kind>/<int:start>/<path:path>", chapters.found, name="found"),
    path("<hub:hub>/<chapter:chapter>", chapters.chapter, name="chapter"),
    path("<hub:hub>/<chapter:chapter>/<entry:entry_id>", chapters.entry, name="entry"),
]
