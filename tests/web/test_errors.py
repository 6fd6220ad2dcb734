"""The page of a defect."""

from django.test import Client
from django.urls import include, path

from nexus.urls import handler500

__all__ = ["handler500"]


def broken(request):
    raise ZeroDivisionError("a secret of the program")


urlpatterns = [path("broken", broken), path("", include("nexus.urls"))]


def test_a_defect_is_told_with_the_request_it_can_be_found_by(settings):
    settings.ROOT_URLCONF = __name__
    response = Client(raise_request_exception=False).get("/broken")
    text = response.content.decode()
    assert response.status_code == 500
    assert f"as request {response.headers['X-Request-ID']}" in text
    assert "secret" not in text
