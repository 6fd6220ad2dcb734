"""Addresses with one whose form asks for no token."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def careless(_request: HttpRequest) -> HttpResponse:
    """Does what anybody's form says."""
    return HttpResponse("done")


urlpatterns = [path("careless", careless, name="careless"), path("", include("nexus.urls"))]
handler404 = "nexus.web.views.errors.not_found"
