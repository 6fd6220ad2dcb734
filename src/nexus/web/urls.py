"""The addresses of the web face (DESIGN: public interface). Names are used by templates and views alone."""

from django.urls import include, path, register_converter

from nexus.web.converters import HubConverter
from nexus.web.views import hubs, pages, samples

register_converter(HubConverter, "hub")

urlpatterns = [
    path("", hubs.start, name="start"),
    path("account/continue-as/", samples.continue_as, name="continue_as"),
    path("account/", include("allauth.account.urls")),
    path("<hub:hub>/", hubs.overview, name="hub"),
    path("<hub:hub>/pages/", pages.top, name="pages"),
    path("<hub:hub>/pages/<path:path>", pages.show, name="page"),
    path("<hub:hub>/raw/<path:path>", pages.raw, name="raw"),
]
