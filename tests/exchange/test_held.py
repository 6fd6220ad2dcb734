"""Imports into a hub that others read: what seems to be secret waits, everything else comes, and nothing is lost."""

import pytest
from tests.conftest import make_hub
from tests.exchange.test_source import Remote, host, remote  # noqa: F401  fixtures
from tests.pages.keys import KEYS, Maker

from nexus.exchange import connecting, pulling
from nexus.exchange.actions import import_new_hub, import_source
from nexus.exchange.models import ConnectedSource
from nexus.exchange.repositories import RemoteRepository
from nexus.hubs import actions as hubs
from nexus.hubs.models import Activity, Hub
from nexus.pages import actions, blobs, guard, queries, shares
from nexus.pages.guard import ALL, SecretsFound
from nexus.pages.models import Change, Page, Reviewed

KEY = KEYS["GitHub"](Maker(1))
WITH_KEY = f"# Notes\n\nTOKEN={KEY}\n"


@pytest.fixture
def public(cast):
    return make_hub(cast, "cohort", "public")


@pytest.fixture
def folder(tmp_path):
    def write(**files: str):
        root = tmp_path / "notes"
        root.mkdir(exist_ok=True)
        for each in root.iterdir():
            each.unlink()
        for name, text in files.items():
            (root / name.replace("_", ".")).write_text(text)
        return root

    return write


def bring(actor, root, **options):
    return import_source(actor, "cohort", root, **options)


def live() -> set[str]:
    return set(Page.objects.filter(live_key__isnull=False).values_list("path", flat=True))


def test_a_file_waits_and_the_others_come(cast, public, folder):
    root = folder(a_md="# A\n", b_md=WITH_KEY, c_env="DB=" + KEY)
    report = bring(cast.lea, root)
    assert (report.files.added, [one.path for one in report.files.held]) == (1, ["b.md", "c.env"])
    assert KEY not in str(report.to_json())
    (told, again) = report.to_json()["files"]["suspects"]
    assert (told["path"], told["line"], told["id"]) == ("b.md", 3, again["id"])
    assert live() == {"a.md"}
    assert bring(cast.lea, root).files.unchanged == 1

    guard.review_suspects(cast.lea, "cohort", [told["id"]])
    report = bring(cast.lea, root)
    assert (report.files.added, report.files.held, report.files.suspects) == (2, [], [])
    assert live() == {"a.md", "b.md", "c.env"}


def test_having_looked_may_be_said_with_the_import(cast, public, folder):
    root = folder(b_md=WITH_KEY)
    refused = bring(cast.lea, root)
    assert refused.is_refused
    assert bring(cast.lea, root, reviewed=["0" * 32]).files.held
    report = bring(cast.lea, root, reviewed=[refused.files.suspects[0]["id"]])
    assert (report.files.added, report.files.held) == (1, [])
    assert Reviewed.objects.get().person == cast.user("lea").person
    assert [row.verb for row in Activity.objects.order_by("seq")][-2:] == ["suspect.reviewed", "change.import"]
    assert bring(cast.lea, folder(b_md=KEYS["Stripe"](Maker(3))), reviewed=[ALL]).files.changed == 1


def test_what_stands_here_stays_while_the_new_text_waits(cast, public, folder):
    bring(cast.lea, folder(a_md="# A\n", b_md="# B\n"))
    report = bring(cast.lea, folder(a_md=WITH_KEY, b_md="# B2\n"))
    assert (report.files.changed, [one.path for one in report.files.held]) == (1, ["a.md"])
    assert blobs.read(queries.path_for(cast.lea, "cohort", "a.md").blob) == b"# A\n"
    report = bring(cast.lea, folder(a_md="# A3\n", b_md="# B2\n"))
    assert (report.files.changed, report.files.held, report.files.removed) == (1, [], 0)


def test_in_a_private_hub_it_is_said_and_taken(cast, folder):
    make_hub(cast, "cohort", "private")
    report = bring(cast.lea, folder(b_md=WITH_KEY))
    assert (report.files.added, report.files.held, len(report.files.suspects)) == (1, [], 1)


def test_what_comes_to_where_a_link_leads_waits(cast, folder):
    make_hub(cast, "cohort", "private")
    actions.create_page(cast.lea, "cohort", "open/x.md", b"# X\n")
    shares.create_share(cast.mona, "cohort", "open")
    root = folder(b_md=WITH_KEY)
    assert [one.path for one in bring(cast.lea, root, prefix="open").files.held] == ["open/b.md"]
    assert bring(cast.lea, root, prefix="other").files.added == 1


def test_a_new_hub_is_asked_about_as_a_whole(cast, folder):
    root = folder(a_md="# A\n", b_md=WITH_KEY)
    with pytest.raises(SecretsFound):
        import_new_hub(cast.lea, "mine", root, visibility="public")
    assert not Hub.objects.exists()
    assert import_new_hub(cast.lea, "mine", root).visibility == "private"
    assert import_new_hub(cast.lea, "clean", folder(a_md="# A\n"), visibility="public").visibility == "public"


@pytest.mark.parametrize("history", [False, True])
def test_a_connected_source_flows_on_says_it_and_brings_what_was_decided(cast, public, remote, history):  # noqa: F811
    remote.commit(a_md="# A\n", b_md=WITH_KEY)
    connecting.connect_source(cast.alice, "cohort", remote.url, history=history)
    pull(cast)
    source = ConnectedSource.objects.get()
    assert (source.state, [one["path"] for one in source.held]) == ("held", ["b.md"])
    assert Activity.objects.filter(verb="source.pulled").latest("seq").data["held"] == 1
    remote.commit(c_md="# C\n")
    pull(cast)
    source = ConnectedSource.objects.get()
    assert (live(), source.state) == ({"a.md", "c.md"}, "held")
    guard.review_suspects(cast.alice, "cohort", [source.report["files"]["suspects"][0]["id"]])
    pull(cast)
    assert (live(), ConnectedSource.objects.get().state) == ({"a.md", "b.md", "c.md"}, "done")
    changes = Change.objects.count()
    pull(cast)
    assert Change.objects.count() == changes


def test_a_commit_that_took_it_out_again_brings_the_rest_of_the_history(cast, public, remote):  # noqa: F811
    remote.commit(a_md="# A\n")
    remote.commit(a_md=WITH_KEY)
    remote.commit(a_md="# A, without\n")
    source = RemoteRepository(remote.url, "")
    report = import_source(cast.lea, "cohort", source, history=True)
    assert (report.files.held, report.commits) == ([], 2)
    assert blobs.read(queries.path_for(cast.lea, "cohort", "a.md").blob) == b"# A, without\n"
    assert KEY.encode() not in b"".join(
        bytes(v.blob.data or b"") for v in queries.path_for(cast.lea, "cohort", "a.md").versions.all()
    )


def pull(cast) -> None:
    source = connecting.pull_source(cast.alice, "cohort")
    claim = pulling.claim_due(hub=source.hub_id)
    assert claim
    assert pulling.pull(claim)
    hubs.update_hub(cast.alice, "cohort", title="Cohort")
