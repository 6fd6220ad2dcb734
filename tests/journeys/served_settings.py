"""Nexus's own settings, with a search whose answers these tests know."""

from nexus.settings import *  # noqa: F403

ROOT_URLCONF = "tests.journeys.served_urls"
