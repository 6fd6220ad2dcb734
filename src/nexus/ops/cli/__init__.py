"""The `nexus` command: the door for terminals. Parses, calls one action or query, prints; holds no rule.

Exit codes: 0 done, 1 refused (the reason is on standard error), 2 wrong usage or configuration, 130 interrupted.
"""

import _thread
import logging
import os
import sys
import threading
from collections.abc import Callable

#: Seconds until a Ctrl-C that got lost is given again.
AGAIN = 0.05


def main() -> None:
    """The installed script. Ctrl-C ends it without a trace of the program, also while it is still loading."""
    sys.unraisablehook = _unraisable
    try:
        _load()()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """What Python could not raise. A Ctrl-C that came while an object was finalised (every row of Django's has a
    finaliser) would be printed and forgotten, and the command run to its end: it is given again."""
    if lost.exc_type is KeyboardInterrupt:
        timer = threading.Timer(AGAIN, _thread.interrupt_main)
        timer.daemon = True
        timer.start()
    else:
        sys.__unraisablehook__(lost)


def _load() -> Callable[[], object]:
    """The commands that the arguments need. Exits with 2 when the configuration cannot be used."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexus.settings")
    is_serving = sys.argv[1:2] == ["serve"]
    if is_serving:
        os.environ["NEXUS_SERVING"] = "1"  # read by settings.py, which is loaded before arguments are parsed
    from nexus.ops.env import VARIABLES, ConfigurationError

    try:
        import django

        django.setup()
        if not is_serving and VARIABLES["NEXUS_LOG_LEVEL"].source == "default":
            logging.getLogger().setLevel(logging.WARNING)  # a command's own words are enough
        from nexus.ops.cli.commands import tree

        return tree(sys.argv[1:])
    except ConfigurationError as error:
        sys.stderr.write(f"nexus: {error}\n")
        raise SystemExit(2) from None
