"""Claiming: a name out of a Git history becomes an account's, by the e-mail it proved, through every door alike."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from tests.api.graphql.conftest import post  # noqa: F401  a fixture
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from tests.conftest import PASSWORD, make_hub
from typer.testing import CliRunner

from nexus.accounts.models import Person
from nexus.accounts.people import git_author, handle_of
from nexus.base.errors import Conflict, Denied, NotFound, Unauthenticated
from nexus.hubs.activity import nudge
from nexus.hubs.models import Activity, Hub
from nexus.knowledge.models import Entry
from nexus.ops.cli.commands import tree
from nexus.ops.doctor.deep import findings
from nexus.pages import actions
from nexus.pages.changes import Draft
from nexus.pages.claiming import claim_person
from nexus.pages.models import Change
from nexus.search.models import Findable

TEXT = b"# A\n\n## Technologies\n\n- **Docker**: containers\n"


def written(cast, hub: str, path: str, author: Person) -> Change:
    content = actions.store_content(path, TEXT)

    def fill(draft: Draft) -> None:
        draft.put(None, path, content)

    change = actions.import_change(cast.mona, hub, fill, source="git", author=author)
    nudge(Hub.objects.get(slug=hub).pk)
    return change


@pytest.fixture
def ada(cast) -> Person:
    """A Git author whose commits came into a public hub and a private one."""
    person = git_author("Ada  L.", "Ada@Git.example")
    for slug, visibility in (("open", "public"), ("cohort", "private")):
        make_hub(cast, slug, visibility)
        written(cast, slug, "a.md", person)
    return person


def prove(cast, name: str, *, verified: bool = True) -> None:
    EmailAddress.objects.create(user=cast.user(name), email="ada@git.example", verified=verified)


def test_an_author_is_one_person_however_they_write_it(db):
    first = git_author("Ada L.", "ada@git.example")
    assert git_author("ada", " ADA@git.example ") == first
    assert (first.handle, first.name, first.email) == ("ada-l", "Ada L.", "ada@git.example")
    assert git_author("Ada L.", "other@git.example").handle == "ada-l-2"
    assert git_author("Nobody", "") == git_author("nobody", "")
    assert git_author("Operator", "x@y").handle == "operator-2"
    assert git_author("李小龙", "li@y").handle == "person"
    assert [handle_of(name) for name in ("Zoé Ünder", "  --  ", "a" * 99)] == ["zoe-under", "person", "a" * 32]


def test_no_account_is_named_by_an_address_in_a_commit(cast, hub):
    assert git_author("Mona", "mona@example.org").user is None
    assert git_author("Mona", "mona@example.org").handle == "mona-2"


def test_what_they_wrote_is_the_claimers(cast, ada):
    prove(cast, "leo")
    assert claim_person(cast.leo, "ada-l").handle == "leo"
    for hub in Hub.objects.all():
        nudge(hub.pk)
    leo = cast.user("leo").person
    assert set(Change.objects.filter(kind="import").values_list("author", flat=True)) == {leo.pk}
    assert set(Entry.objects.values_list("person", flat=True)) == {leo.pk}
    assert not Findable.objects.filter(person=ada).exists()
    assert Findable.objects.filter(kind="person", person=leo).count() == 2
    logged = Activity.objects.filter(verb="person.claimed")
    assert [(row.hub.slug, row.person, row.data) for row in logged.order_by("hub__slug")] == [
        ("cohort", leo, {"was": "ada-l"}), ("open", leo, {"was": "ada-l"})
    ]  # fmt: skip
    assert git_author("Ada L.", "ada@git.example") == leo
    assert list(findings()) == []


def test_who_may_claim(cast, ada):
    with pytest.raises(Denied) as refused:
        claim_person(cast.leo, "ada-l")
    assert refused.value.code == "unproved_email"
    prove(cast, "leo", verified=False)
    with pytest.raises(Denied):
        claim_person(cast.leo, "ada-l")
    with pytest.raises(Denied):
        claim_person(cast.charlie, "ada-l")
    for actor in (cast.anonymous, cast.operator):
        with pytest.raises(Unauthenticated):
            claim_person(actor, "ada-l")
    with pytest.raises(NotFound):
        claim_person(cast.leo, "nobody")
    with pytest.raises(Conflict):
        claim_person(cast.leo, "mona") if written(cast, "open", "m.md", cast.user("mona").person) else None
    EmailAddress.objects.update(verified=True)
    claim_person(cast.leo, "ada-l")
    with pytest.raises(NotFound):
        claim_person(cast.leo, "ada-l")


def test_who_is_not_seen_cannot_be_claimed(cast, ada):
    prove(cast, "charlie")
    hidden = git_author("Hidden", "hidden@git.example")
    written(cast, "cohort", "h.md", hidden)
    EmailAddress.objects.create(user=cast.user("charlie"), email="hidden@git.example", verified=True)
    with pytest.raises(NotFound):
        claim_person(cast.charlie, "hidden")


def test_every_door_has_it_with_the_same_codes(cast, ada, api, post):  # noqa: F811
    query = {"query": 'mutation { claimPerson(handle: "ada-l") { object { handle } errors { code } } }'}
    api("leo").refused(403, "unproved_email", "POST", "people/ada-l/claim")
    api("leo").refused(404, "not_found", "POST", "people/nobody/claim")
    assert post(query, "leo").json()["data"]["claimPerson"]["errors"] == [{"code": "unproved_email"}]
    runner = CliRunner()
    assert "unproved_email" in runner.invoke(tree([]), ["user", "claim", "ada-l", "--as", "leo", "--json"]).stdout
    web = Client()
    web.login(username=cast.user("leo").username, password=PASSWORD)
    assert web.post("/people/ada-l/claim").status_code == 403
    assert "This is me" not in web.get("/people/ada-l").content.decode()
    assert "confirm the e-mail address" in web.get("/people/ada-l").content.decode()
    assert "confirm the e-mail" not in Client().get("/people/ada-l").content.decode()
    prove(cast, "leo")
    assert "This is me" in web.get("/people/ada-l").content.decode()
    assert web.post("/people/ada-l/claim")["Location"] == "/people/leo"
    assert web.get("/people/ada-l")["Location"] == "/people/leo"
    assert web.get("/open/people/ada-l")["Location"] == "/open/people/leo"
    assert Client().post("/people/ada-l/claim").status_code in (401, 404)
