"""The sample hub keeps what its issue promises, whoever reads it: everything is asked as an anonymous reader."""

import dataclasses
import datetime
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from tests.conftest import FAST_HASHER

from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.base import clock
from nexus.hubs.models import Hub
from nexus.knowledge.access import visible_entries
from nexus.knowledge.fingerprint import fingerprint
from nexus.knowledge.models import Entry
from nexus.ops.doctor import deep
from nexus.ops.sample import loading, manifest
from nexus.pages import blobs, documents, queries
from nexus.pages.links import resolve_links
from nexus.pages.models import Change, ChangeKind, Page

#: A Thursday, in a year that is not the texts' own.
NOW = datetime.datetime(2027, 3, 11, 15, 30, tzinfo=datetime.UTC)
HERO = (
    'psycopg2.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused'
)
DISALLOWED = (
    "django.core.exceptions.DisallowedHost: Invalid HTTP_HOST header: 'web:8000'. "
    "You may need to add 'web' to ALLOWED_HOSTS."
)
CONFLICTING = (
    "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: "
    "(0004_booking_status, 0004_booking_total in bookings)."
)
SYNCHRONOUS = (
    "django.core.exceptions.SynchronousOnlyOperation: You cannot call this from an async context - use a thread or "
    "sync_to_async."
)
ACCESS_DENIED = (
    "django.db.utils.OperationalError: (1045, \"Access denied for user 'root'@'10.0.0.7' (using password: YES)\")"
)
SOCKET = (
    "ERROR: permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: "
    'Head "http://%2Fvar%2Frun%2Fdocker.sock/_ping": dial unix /var/run/docker.sock: connect: permission denied'
)
LEARNERS = ["amina", "jean-paul", "kofi", "selam", "tunde", "yasmine"]
reader = Actor.anonymous(Door.WEB)


@dataclass
class Loaded:
    hub: Hub
    said: str
    data: Path


@pytest.fixture(scope="module")
def sample(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Loaded]:
    """The sample, loaded once for this module by its command, and rolled back."""
    data, said = tmp_path_factory.mktemp("sample"), io.StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(DATA_DIR=data, PASSWORD_HASHERS=[FAST_HASHER]), clock.at(NOW):
            call_command("load_sample", stdout=said)
        yield Loaded(Hub.objects.get(slug="prodev-7"), said.getvalue(), data)
        transaction.set_rollback(True)


def entries_of(sample: Loaded, kind: str, folder: str = "") -> list[Entry]:
    found = visible_entries(reader).filter(hub=sample.hub, kind=kind, page__path__startswith=folder)
    return list(found.select_related("page").order_by("page__path", "start"))


def pages_of(sample: Loaded) -> list[Page]:
    return list(queries.all_paths(reader, sample.hub.slug))


def test_who_is_in_it_and_in_which_role(sample):
    roles = defaultdict(list)
    for member in sample.hub.memberships.select_related("user").order_by("user__username"):
        roles[member.role].append(member.user.username)
    assert roles == {"learner": LEARNERS, "mentor": ["david", "wanjiru"], "owner": ["ruth"]}
    assert sample.hub.visibility == "public"
    assert User.objects.filter(is_sample=False).count() == 0


def test_the_pages_are_those_of_the_folder_byte_for_byte(sample):
    """What grew by steps, was merged, moved and undone ends as the folder has it."""
    made = manifest.read("prodev-7", NOW.date())
    folder = manifest.HERE / "prodev-7"
    texts = manifest.Texts(folder, manifest.Dates(datetime.date(2026, 9, 7), 12, NOW.date()))
    there = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    with override_settings(DATA_DIR=sample.data):
        assert {page.path: blobs.read(page.blob) for page in pages_of(sample)} == dict(map(texts.of, there))
    assert len([path for path in there if path.endswith(".md")]) in range(66, 75)
    assert Change.objects.filter(hub=sample.hub).count() == len(made.steps)


def test_spellings_meet_in_topics(sample):
    titles = defaultdict(set)
    for kind in ("technology", "concept"):
        for entry in entries_of(sample, kind):
            for topic in entry.topics.all():
                titles[topic.slug].add(entry.title)
    assert 45 <= len(titles) <= 70
    assert {"DRF", "djangorestframework", "Django REST Framework", "Django Rest Framework"} <= titles[
        "django-rest-framework"
    ]
    for slug in ("postgresql", "docker-compose", "ci-cd", "redis", "github-actions", "pagination"):
        assert titles[slug], slug
    assert len([slug for slug, spellings in titles.items() if len(spellings) > 1]) >= 10


def test_amina_solved_fourteen_challenges_and_says_why(sample):
    solved = entries_of(sample, "challenge", "amina/")
    assert len(solved) == 14
    assert [entry.title for entry in solved if not (entry.problem and entry.cause and entry.solution)] == []


def test_three_challenges_are_not_solved(sample):
    stuck = [(entry.page.path, entry.title) for entry in entries_of(sample, "challenge") if not entry.solution]
    assert stuck == [
        ("jean-paul/stuck.md", "Docker does not start on my laptop"),
        ("jean-paul/stuck.md", "I cannot push"),
        ("tunde/jenkins.md", "Killed at night"),
    ]


def test_four_people_met_one_error_with_two_causes(sample):
    digest = fingerprint(HERO).digest
    met = {
        entry.page.path.partition("/")[0]: entry
        for entry in entries_of(sample, "challenge")
        if entry.fingerprint == digest
    }
    assert sorted(met) == ["amina", "kofi", "selam", "tunde"]
    wrong_place = [name for name, entry in met.items() if "localhost is the container itself" in entry.cause]
    too_early = [name for name, entry in met.items() if "initdb" in entry.cause]
    assert (sorted(wrong_place), sorted(too_early)) == (["amina", "selam"], ["kofi", "tunde"])
    assert all(entry.solution for entry in met.values())


@pytest.mark.parametrize(
    ("error", "who"),
    [
        ("django.db.utils.OperationalError: no such table: listings_room", "amina"),
        ("ModuleNotFoundError: No module named 'rest_framework'", "amina"),
        (DISALLOWED, "amina"),
        (CONFLICTING, "amina"),
        (SYNCHRONOUS, "yasmine"),
        ("redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.", "kofi"),
        (ACCESS_DENIED, "kofi"),
        ("/tmp/x.sh: line 7: pytest: command not found", "tunde"),
        (SOCKET, "tunde"),
    ],
)
def test_a_pasted_error_finds_who_solved_it(sample, error, who):
    digest = fingerprint(error).digest
    found = [entry for entry in entries_of(sample, "challenge", f"{who}/") if entry.fingerprint == digest]
    assert found
    assert all(entry.solution for entry in found)


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("Response to preflight request doesn't pass access control check", "amina"),
        ("token_not_valid", "amina"),
        ("Thirty-one queries", "yasmine"),
        ("a stale cache", "amina"),
    ],
)
def test_what_has_no_fingerprint_is_told(sample, words, who):
    told = [e for e in entries_of(sample, "challenge", f"{who}/") if words in f"{e.title}\n{e.problem}\n{e.error_text}"]
    assert len(told) == 1
    assert told[0].solution


def test_one_merge_kept_what_both_wrote(sample):
    versions = list(queries.versions(reader, "prodev-7", "programme/glossary.md"))
    texts = [bytes(version.blob.data).decode() for version in versions]
    authors = [version.change.author.handle for version in versions]
    assert authors == ["selam", "tunde", "ruth"]
    assert ["## Idempotent" in text for text in texts] == [True, False, False]
    assert ["## Upsert" in text for text in texts] == [True, True, False]


def test_one_change_was_undone_and_one_page_moved(sample):
    undone = Change.objects.get(hub=sample.hub, kind=ChangeKind.REVERT)
    assert (undone.author.handle, undone.reverts.author.handle) == ("david", "jean-paul")
    paths = {v.path for v in queries.versions(reader, "prodev-7", "programme/makazi-architecture.md")}
    assert paths == {"programme/architecture.md", "programme/makazi-architecture.md"}


@pytest.mark.parametrize("slug", ["prodev-7", "nexus"])
def test_no_link_is_broken(sample, slug):
    hub = Hub.objects.get(slug=slug)
    pages = {page.path: page for page in queries.all_paths(reader, slug) if page.kind == "page"}
    parsed = documents.documents({page.blob_id for page in pages.values()})
    anchors = {path: {heading.anchor for heading in parsed[page.blob_id].outline} for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        references = parsed[page.blob_id].references
        for reference, link in zip(references, resolve_links(hub, path, references), strict=True):
            target = link.path or path
            lost = link.fragment and link.kind in {"page", "anchor"} and link.fragment not in anchors[target]
            if link.kind == "missing" or lost:
                broken.append((path, reference.target))
    assert pages
    assert broken == []


def test_what_is_found_is_kept_with_the_version_that_said_it_first(sample):
    """Amina's page grew over weeks: its first challenge is older than its sixth."""
    first, sixth = (
        next(e for e in entries_of(sample, "challenge", "amina/README.md") if e.title.startswith(title))
        for title in ("Connection refused", "Sixty-one queries")
    )
    assert first.first_version.change.created_at < sixth.first_version.change.created_at


def test_everything_stored_holds(sample, settings):
    settings.DATA_DIR = sample.data
    assert list(deep.findings()) == []


def test_each_of_the_twelve_weeks_has_its_changes_and_the_last_is_this_one(sample):
    times = list(Change.objects.filter(hub=sample.hub).order_by("seq").values_list("created_at", flat=True))
    assert times == sorted(times)
    assert times[-1] <= NOW
    monday = NOW.date() - datetime.timedelta(days=NOW.weekday())
    mondays = {moment.date() - datetime.timedelta(days=moment.weekday()) for moment in times}
    assert mondays == {monday - datetime.timedelta(weeks=weeks) for weeks in range(12)}
    assert {user.joined_at for user in User.objects.all()} == {sample.hub.created_at}
    assert monday - sample.hub.created_at.date() == datetime.timedelta(weeks=11)


def test_dates_in_texts_moved_with_the_changes(sample):
    page = queries.path_for(reader, "prodev-7", "amina/week-06.md")
    monday = NOW.date() - datetime.timedelta(days=NOW.weekday())
    written = datetime.date.fromisoformat(re.search(r"\d{4}-\d\d-\d\d", bytes(page.blob.data).decode())[0])
    assert written == monday - datetime.timedelta(weeks=6) + datetime.timedelta(days=4)
    assert page.head.change.created_at.date() == written


def test_the_command_says_what_it_made_and_makes_it_once(sample):
    assert "ProDev Backend, cohort 7” at /prodev-7/" in sample.said
    assert "“Nexus” at /nexus/" in sample.said
    passwords = dict(re.findall(r"^  (\S+) +(\S+)$", sample.said, re.MULTILINE))
    assert sorted(passwords) == sorted([*LEARNERS, "david", "wanjiru", "ruth"])
    with override_settings(PASSWORD_HASHERS=[FAST_HASHER]):
        assert User.objects.get(username="kofi").check_password(passwords["kofi"])
    again = io.StringIO()
    call_command("load_sample", stdout=again, stderr=again)
    assert again.getvalue() == ""
    assert Hub.objects.count() == 2


def test_the_products_own_documents_are_a_hub(sample):
    paths = {page.path for page in queries.all_paths(reader, "nexus")}
    assert {"README.md", "docs/architecture.md", "docs/adr/0001-text-is-stored-as-the-bytes-people-wrote.md"} <= paths


# --- What goes wrong, and what is not the sample's own hub --------------------------------------------------------------


def small(**changes: object) -> manifest.Manifest:
    """The sample without most of its steps."""
    made = manifest.read("prodev-7", NOW.date())
    return dataclasses.replace(made, **{"steps": made.steps[:3], **changes})


def test_a_load_that_ends_halfway_leaves_nothing_and_the_next_one_is_whole(db, monkeypatch):
    monkeypatch.setattr(loading, "own_documents", lambda: None)
    slip = dataclasses.replace(small().steps[-1], verb="undo", undoes="what never was", files={})
    with pytest.raises(KeyError):
        loading.load(small(steps=(*small().steps, slip)), NOW)
    assert (Hub.objects.count(), User.objects.count(), Page.objects.count()) == (0, 0, 0)
    made = loading.load(small(), NOW)
    assert (list(made.hubs), made.has_documents) == (["prodev-7"], False)


def test_a_name_that_somebody_has_is_said_and_nothing_is_changed(cast):
    cast.user("selam")
    said = io.StringIO()
    call_command("load_sample", stdout=said, stderr=said)
    assert "name is taken" in said.getvalue()
    assert (Hub.objects.count(), User.objects.count()) == (0, 1)


def test_over_somebodys_hub_nothing_is_loaded(hub):
    assert loading.load(small(), NOW) is None
    assert Hub.objects.count() == 1


def test_no_change_is_later_than_the_loading(db, monkeypatch):
    monkeypatch.setattr(loading, "own_documents", lambda: None)
    early = small().founded - datetime.timedelta(days=1)
    loading.load(small(), early)
    assert set(Change.objects.values_list("created_at", flat=True)) == {early}


def test_reading_the_manifest_twice_gives_the_same():
    assert manifest.read("prodev-7", NOW.date()) == manifest.read("prodev-7", NOW.date())


@pytest.mark.parametrize("today", ["2026-11-23", "2026-11-29", "2026-11-30", "2025-01-01", "2031-06-15"])
def test_the_last_week_is_the_one_today_lies_in(today):
    day = datetime.date.fromisoformat(today)
    last = manifest.read("prodev-7", day).steps[-1].at.date()
    assert last.isocalendar()[:2] == day.isocalendar()[:2]


def test_dates_of_other_years_and_what_is_no_date_stay():
    dates = manifest.Dates(datetime.date(2026, 9, 7), 12, datetime.date(2026, 12, 2))
    text = "2026-09-06 2026-09-07 2026-11-29 2026-11-30 2026-09-31 2027-02-27 12026-09-07"
    assert dates.moved(text) == "2026-09-06 2026-09-14 2026-12-06 2026-11-30 2026-09-31 2027-02-27 12026-09-07"


def test_parts_end_where_the_next_of_their_level_begins():
    text = "# A\n\n## B\n\n```sh\n# no heading\n```\n\n### C\n\n## D\n"
    start, end = manifest.part(text, "## B")
    assert text[start:end] == "## B\n\n```sh\n# no heading\n```\n\n### C\n\n"
    for wrong in ("# no heading", "## Nowhere"):
        with pytest.raises(manifest.BadManifest):
            manifest.part(text, wrong)
    with pytest.raises(manifest.BadManifest):
        manifest.line_at(text, "#")
