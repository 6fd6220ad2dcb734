"""Settings that do not fit each other, or the place they are used in. Nothing here asks another machine."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from nexus.ops.doctor.report import Check, failure, ok, warning

NEW_KEY = 'SECRET_KEY=$(python -c "import secrets; print(secrets.token_urlsafe(48))")'
LOCAL = {"localhost", "127.0.0.1", "::1", "[::1]"}


def checks() -> Iterator[Check]:
    yield secret_key()
    yield debug()
    yield from hosts()
    yield from https()
    yield from cors()
    yield from elsewhere()
    yield workers()
    if is_container():
        yield from container()


def secret_key() -> Check:
    """Whether the key that signs sessions can be guessed."""
    key = settings.SECRET_KEY
    guessable = len(key) < 50 or len(set(key)) < 10 or key.lower().startswith(("django-insecure", "change", "secret"))
    if guessable:
        return warning("secret key", "It is short or looks made up: who guesses it signs in as anybody.", NEW_KEY)
    return ok("secret key", f"{len(key)} characters")


def debug() -> Check:
    if settings.DEBUG:
        return failure("debug", "Error pages show source code and settings to everybody.", "NEXUS_DEBUG=0")
    return ok("debug", "off")


def hosts() -> Iterator[Check]:
    """ALLOWED_HOSTS and the origins that forms come from."""
    names = settings.ALLOWED_HOSTS
    if set(names) <= LOCAL and not settings.EMBEDDED:
        yield warning(
            "hosts", "Only this machine's own names: any other name in a browser gets 400 (DisallowedHost in the log).",
            "ALLOWED_HOSTS=nexus.example.org",
        )  # fmt: skip
    else:
        yield ok("hosts", ", ".join(names))
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        host = urlsplit(origin).hostname or ""
        if "://" not in origin:
            yield failure("origins", f"{origin} has no scheme.", f"CSRF_TRUSTED_ORIGINS=https://{origin}")
        elif not any(host == name or (name.startswith(".") and host.endswith(name)) for name in names):
            yield warning("origins", f"{origin} is trusted, but its host is not allowed.", f"ALLOWED_HOSTS={host}")


def https() -> Iterator[Check]:
    """What a proxy that speaks TLS needs to be told, and what happens when it is not."""
    proxies = settings.TRUSTED_PROXIES
    if any(network.prefixlen == 0 for network in proxies):
        yield failure(
            "proxies", "Everybody is a trusted proxy: anybody can pretend to come from any address.",
            "NEXUS_TRUSTED_PROXIES=10.0.0.0/8 (the proxy's own network)",
        )  # fmt: skip
    if settings.HTTPS and not proxies:
        yield failure(
            "https", "`nexus serve` speaks plain HTTP behind a proxy it does not trust, so every request is redirected to "
            "https for ever.", "NEXUS_TRUSTED_PROXIES=ADDRESS OF THE PROXY",
        )  # fmt: skip
    elif not settings.HTTPS and (proxies or any(o.startswith("https:") for o in settings.CSRF_TRUSTED_ORIGINS)):
        yield warning(
            "https", "There is a proxy or an https origin, but cookies may also be sent unencrypted.", "NEXUS_HTTPS=1"
        )
    else:
        yield ok("https", "on" if settings.HTTPS else "off, and nothing says it is needed")


def cors() -> Iterator[Check]:
    """What the origins that may call the API mean; what is no origin stopped Nexus before it came here."""
    origins = settings.CORS_ALLOWED_ORIGINS
    if origins == ["*"]:
        yield warning(
            "cors", "Pages of every site may call the API with a token that they hold. Cookies never go along.",
            "NEXUS_CORS_ORIGINS=https://app.example.org",
        )  # fmt: skip
        return
    for origin in origins:
        host = urlsplit(origin).hostname or ""
        if origin.startswith("http:") and host not in LOCAL:
            yield warning(
                "cors", f"{origin} is not encrypted: whoever is between can put a page of theirs there and read tokens.",
                f"NEXUS_CORS_ORIGINS=https:{origin.removeprefix('http:')}",
            )  # fmt: skip
        elif host in settings.ALLOWED_HOSTS and host not in LOCAL:
            yield warning(
                "cors", f"{origin} looks like this instance itself, whose pages need no leave.",
                "NEXUS_CORS_ORIGINS=the origins of other sites",
            )  # fmt: skip
    yield ok("cors", ", ".join(origins) if origins else "no page of another site may call the API")


def elsewhere() -> Iterator[Check]:
    """Whether signing in with an account elsewhere is set as a whole."""
    parts = {
        "openid connect": {
            "NEXUS_OIDC_ISSUER": settings.OIDC_ISSUER, "NEXUS_OIDC_CLIENT_ID": settings.OIDC_CLIENT_ID,
            "NEXUS_OIDC_CLIENT_SECRET": settings.OIDC_CLIENT_SECRET,
        },
        "github": {
            "NEXUS_GITHUB_CLIENT_ID": settings.GITHUB_CLIENT_ID,
            "NEXUS_GITHUB_CLIENT_SECRET": settings.GITHUB_CLIENT_SECRET,
        },
    }  # fmt: skip
    for name, values in parts.items():
        missing = [variable for variable, value in values.items() if not value]
        if len(missing) == len(values):
            yield ok(name, "off")
        elif missing:
            yield failure(name, "It is set by half, and so it is off.", " ".join(f"{each}=…" for each in missing))
        else:
            way = "github" if name == "github" else "oidc/sso"
            yield ok(
                name, f"on; its callback address is {settings.ADDRESS or 'https://HOST'}/account/{way}/login/callback/"
            )
    issuer = urlsplit(settings.OIDC_ISSUER)
    if settings.OIDC_ISSUER and issuer.scheme != "https" and issuer.hostname not in LOCAL:
        yield failure(
            "openid connect", "Its address is not https: whoever is between signs in as anybody.",
            "NEXUS_OIDC_ISSUER=https://…",
        )  # fmt: skip


def workers() -> Check:
    if settings.WORKERS > 1 and not settings.REDIS_URL:
        return failure(
            "workers", f"{settings.WORKERS} processes cannot tell each other what happens.",
            "REDIS_URL=redis://HOST:6379/0, or NEXUS_WORKERS=1",
        )  # fmt: skip
    return ok("workers", f"{settings.WORKERS}, of {settings.THREADS} threads each")


def is_container() -> bool:
    """Whether this process runs in a container (Docker, Podman, Kubernetes)."""
    return (
        any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))
        or "KUBERNETES_SERVICE_HOST" in os.environ
    )


def container() -> Iterator[Check]:
    """In a container `localhost` is the container itself, and what is no volume is gone with it."""
    database = settings.DATABASES["default"].get("HOST", "")
    for name, host in (("DATABASE_URL", database), ("REDIS_URL", urlsplit(settings.REDIS_URL).hostname or "")):
        if host in LOCAL:
            yield failure(
                "container", f"{name} names {host}, which is this container itself.",
                f"{name}=…@SERVICE:PORT… with the service's name in compose.yaml",
            )  # fmt: skip
    if not any(os.path.ismount(folder) for folder in (settings.DATA_DIR, *settings.DATA_DIR.parents[:-1])):
        yield warning(
            "container",
            f"{settings.DATA_DIR} lies in the container and goes with it.",
            f"volumes: [data:{settings.DATA_DIR}]",
        )
