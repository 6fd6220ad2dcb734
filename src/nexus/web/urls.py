"""The addresses of the web face (DESIGN: public interface). Names are used by templates and views alone."""

from django.urls import include, path, register_converter

from nexus.web.converters import HubConverter
from nexus.web.views import hubs, pages, search, show_me

register_converter(HubConverter, "hub")

urlpatterns = [
    path("", hubs.start, name="start"),
    path("account/", include("allauth.account.urls")),
    path("search", search.search, name="search"),
    path("show-me", show_me.show_me, name="show_me"),
    path("show-me/keep", show_me.keep, name="show_me_keep"),
    path("<hub:hub>/", hubs.overview, name="hub"),
    path("<hub:hub>/pages/", pages.top, name="pages"),
    path("<hub:hub>/pages/<path:path>", pages.show, name="page"),
    path("<hub:hub>/raw/<path:path>", pages.raw, name="raw"),
]
