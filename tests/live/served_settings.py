"""Nexus's own settings, with an address by which a test has something done in the server's process."""

import os

from nexus.settings import *  # noqa: F403
from nexus.settings import NEXUS_FOLLOWERS as OWN_FOLLOWERS

ROOT_URLCONF = "tests.live.deeds"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
#: The benchmark of the stream can leave out what else follows the log: saving is not what it measures.
NEXUS_FOLLOWERS = [] if "NEXUS_TEST_NO_FOLLOWERS" in os.environ else OWN_FOLLOWERS
