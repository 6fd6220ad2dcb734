"""One pull of a connected source with its history, a process of its own: `python -m tests.faults.puller HUB REPOSITORY
[KILL_AT]`, killed at that moment as an importer is. The repository lies on this machine, and stands for the one that the
source names. Prints `done MOMENTS STATE COMMITS`."""

import sys
from pathlib import Path

import django

URL = "https://git.example.org/notes.git"


def main(hub: str, repository: str, kill_at: int) -> None:
    django.setup()
    from tests.faults.importer import killed_at

    from nexus.accounts.actor import Actor
    from nexus.base import clock
    from nexus.exchange import connecting, pulling
    from nexus.exchange.models import ConnectedSource
    from nexus.exchange.repositories import LocalRepository

    pulling.RemoteRepository = lambda _url, _branch: LocalRepository(Path(repository))
    source = ConnectedSource.objects.filter(hub__slug=hub).first()
    source = source or connecting.connect_source(Actor.operator(), hub, URL, history=True, authors="git")
    # Whoever was killed is silent for long enough.
    ConnectedSource.objects.filter(pk=source.pk).update(leased_until=clock.now())
    with killed_at(kill_at) as moments:
        claim = pulling.claim_due(hub=source.hub_id)
        assert claim
        report = pulling.pull(claim)
    source.refresh_from_db()
    assert report, source.error
    print("done", moments[0], source.state, report.commits)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
