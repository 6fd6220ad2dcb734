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
    assert "/static/nexus/nexus.css" in text


def test_a_defect_is_told_without_a_look_when_the_look_is_the_defect(settings, tmp_path):
    """As in an image in which nothing was collected: every page names a style sheet that is not there."""
    settings.ROOT_URLCONF = __name__
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "nexus.web.storage.CollectedFiles"}}
    response = Client(raise_request_exception=False).get("/account/login/")
    assert response.status_code == 500
    assert "Something broke on our side." in response.content.decode()
