"""The page of a defect."""

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import include, path

from nexus.urls import handler500

__all__ = ["handler500"]


def broken(request):
    raise ZeroDivisionError("a secret of the program")


def away(request):
    raise OperationalError(2006, "Server has gone away at 10.0.0.7")


class AwayBefore:
    """As when a session cannot be looked up."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return away(request)


urlpatterns = [path("broken", broken), path("away", away), path("", include("nexus.urls"))]


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


@pytest.mark.parametrize("before", [False, True])
def test_a_database_that_is_away_is_no_defect(settings, before):
    """In a view, or before one."""
    settings.ROOT_URLCONF = __name__
    if before:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.AwayBefore"]
    response = Client(raise_request_exception=False).get("/away")
    text = response.content.decode()
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "Not available right now" in text
    assert "Try again in a moment." in text
    assert "10.0.0.7" not in text
