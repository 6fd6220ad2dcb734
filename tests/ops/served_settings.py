"""The settings of the processes that these tests start: Nexus's own, with addresses that show what a server does."""

from nexus.settings import *  # noqa: F403
from nexus.settings import MIDDLEWARE as OWN_MIDDLEWARE

ROOT_URLCONF = "tests.ops.served_urls"
MIDDLEWARE = [name for name in OWN_MIDDLEWARE if name != "nexus.web.middleware.ErrorMiddleware"]
