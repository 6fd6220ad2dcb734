"""The addresses of the API where they are, for its own document."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("nexus.api.rest.urls"))]
