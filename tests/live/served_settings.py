"""Nexus's own settings, with an address by which a test has something done in the server's process."""

from nexus.settings import *  # noqa: F403

ROOT_URLCONF = "tests.live.deeds"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
