"""S10, A16: a share link gives what it shares and nothing beyond it, and ends when it should, for all it gave."""

import datetime
import re

import pytest
from django.test import Client
from tests.conftest import PASSWORD, make_hub

from nexus.accounts import actions as accounts
from nexus.accounts.attempts import BY_ACCOUNT
from nexus.base import clock
from nexus.base.errors import Denied, NotFound
from nexus.hubs import actions as hubs
from nexus.hubs import lifetime
from nexus.pages import actions, shares
from nexus.pages.models import Share

pytestmark = pytest.mark.security

CANARY = "kanarienvogel"
SECRET = "a long password"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def place(cast):
    """A private hub: a folder `open` to share, and everything around it says the canary."""
    make_hub(cast, "cohort", "private")
    hubs.update_hub(cast.alice, "cohort", title=f"{CANARY} title")
    text = (
        f"# Shared\n\n[in](b.md) [[{'c'}]] [out](../{CANARY}.md) [[{CANARY}]] ![i](i.png) ![o](../o.png) "
        f"[gone](../nowhere.md) ![[b]]\n\n[away](https://example.org/)\n\n## More\n"
    )
    for path, data in {
        "open/README.md": text.encode(), "open/b.md": b"# B\n", "open/c.md": b"# C\n", "open/i.png": PNG,
        "open/deep/d.md": b"# D\n", f"{CANARY}.md": f"# {CANARY} heading\n".encode(), "o.png": PNG,
        "openly.md": f"# {CANARY}\n".encode(), f"open-{CANARY}/x.md": b"# X\n",
    }.items():  # fmt: skip
        actions.create_page(cast.lea, "cohort", path, data, message=f"{CANARY} message")
    return "cohort"


def address(made: shares.Shared) -> str:
    return f"/shared/{made.token}"


def everything(client, made: shares.Shared) -> dict[str, int]:
    """Every address of a share of the folder, and what it answers."""
    base = address(made)
    found = {
        base: 0, f"{base}/pages/open": 0, f"{base}/pages/open/b.md": 0, f"{base}/pages/open/deep": 0,
        f"{base}/pages/open/deep/d.md": 0, f"{base}/raw/open/README.md": 0, f"{base}/raw/open/i.png": 0,
        f"{base}/pages/open/i.png": 0,
    }  # fmt: skip
    return {each: status(client, each) for each in found}


def status(client, address: str) -> int:
    answer = client.get(address)
    answer.close()
    return int(answer.status_code)


def test_the_secret_is_long_and_only_its_hash_is_kept(cast, place):
    made = shares.create_share(cast.mona, place, "open", password=SECRET)
    assert len(made.token.removeprefix(shares.PREFIX)) * 6 >= 128
    row = Share.objects.values().get()
    assert made.token not in str(row)
    assert SECRET not in str(row)
    assert made.link.endswith(address(made))


def test_a_folder_shows_what_lies_in_it(client, cast, place):
    made = shares.create_share(cast.mona, place, "open")
    assert set(everything(client, made).values()) == {200}
    shown = client.get(address(made)).content.decode()
    for words in ("Shared", f"{address(made)}/pages/open/b.md", f"{address(made)}/pages/open/c.md", "deep/",
                  f'src="{address(made)}/raw/open/i.png"', "https://example.org/"):  # fmt: skip
        assert words in shown, words


def test_nothing_beyond_it_is_told(client, cast, place):
    """No title of the hub, no path, no person, no link out; what is outside reads the same whether or not it is there."""
    made = shares.create_share(cast.mona, place, "open")
    base = address(made)
    for each in everything(client, made):
        answer = client.get(each)
        said = b"".join(answer.streaming_content) if answer.streaming else answer.content
        answer.close()
        text = said.decode("utf-8", "replace")
        if "/raw/" in each:
            continue  # the bytes themselves, which name what their author named
        text = text.replace(f"[[{CANARY}]]", "").replace(f">{CANARY}<", "")
        for secret in ("heading", f"{CANARY} title", "Cohort", "message", "Lea", "lea@", "Mona", "cohort/", "/cohort"):
            assert secret not in text, (each, secret)
    shown = client.get(base).content.decode()
    out, gone = (re.search(rf"<[^<]*>{words}</[^>]*>", shown).group() for words in ("out", "gone"))
    assert out.replace("out", "gone") == gone
    for path in (
        f"{CANARY}.md",
        "o.png",
        "openly.md",
        f"open-{CANARY}/x.md",
        "open/../o.png",
        "open/nowhere.md",
        "README.md",
        "",
    ):
        for what in ("pages", "raw"):
            assert status(client, f"{base}/{what}/{path}") == 404, path


@pytest.mark.parametrize("path", ["open/b.md", "open/i.png"])
def test_a_page_is_that_page_alone(client, cast, place, path):
    made = shares.create_share(cast.mona, place, path)
    assert status(client, address(made)) == 200
    assert status(client, f"{address(made)}/raw/{path}") == 200
    for other in ("open", "open/README.md", "open/c.md", f"{path}/x"):
        for what in ("pages", "raw"):
            assert status(client, f"{address(made)}/{what}/{other}") == 404


def test_its_answers_are_kept_and_found_by_nobody(client, cast, place):
    made = shares.create_share(cast.mona, place, "open")
    for each in everything(client, made):
        answer = client.get(each)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert not answer.cookies
        answer.close()


def revoked(cast, made):
    shares.revoke_share(cast.alice, "cohort", made.share.pk)


def expired(_cast, made):
    Share.objects.update(expires_at=clock.now() - datetime.timedelta(seconds=1))


def no_right(cast, _made):
    hubs.set_member(cast.alice, "cohort", "mona", "learner")


def removed(cast, _made):
    hubs.remove_member(cast.alice, "cohort", "mona")


def suspended(cast, _made):
    accounts.set_active(cast.operator, cast.user("mona"), active=False)


def author_gone(cast, _made):
    from nexus.hubs import leaving

    leaving.delete_account(cast.mona, keep_name=True)


def hub_gone(cast, _made):
    lifetime.delete_hub(cast.alice, "cohort", confirm="cohort")


def moved(cast, _made):
    for path in ("README.md", "b.md", "c.md", "i.png", "deep/d.md"):
        page = actions_page(cast, f"open/{path}")
        actions.move_page(cast.lea, "cohort", f"open/{path}", f"elsewhere/{path}", base=page)


def deleted(cast, _made):
    for path in ("README.md", "b.md", "c.md", "i.png", "deep/d.md"):
        actions.delete_page(cast.lea, "cohort", f"open/{path}")


def actions_page(cast, path):
    from nexus.pages.queries import path_for

    return path_for(cast.lea, "cohort", path).head_id


ENDS = [revoked, expired, no_right, removed, suspended, author_gone, hub_gone, moved, deleted]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_it_ends_at_once_for_all_it_gave(client, cast, place, end):
    made = shares.create_share(cast.mona, place, "open")
    page = shares.create_share(cast.mona, place, "open/b.md")
    assert set(everything(client, made).values()) == {200}
    if end in (revoked, expired):
        end(cast, page)
    end(cast, made)
    assert set(everything(client, made).values()) == {404}
    assert status(client, address(page)) == 404
    bodies = {client.get(each).content for each in (address(made), "/shared/nxs_unknown", "/nowhere")}
    assert len(bodies) == 1


def test_what_is_moved_away_and_what_comes_in_its_place(client, cast, place):
    made = shares.create_share(cast.mona, place, "open/b.md")
    actions.move_page(cast.lea, place, "open/b.md", "open/b2.md", base=actions_page(cast, "open/b.md"))
    actions.create_page(cast.lea, place, "open/b.md", f"# {CANARY}".encode())
    assert status(client, address(made)) == 404


def test_a_password_is_asked_for_once_and_for_that_share_alone(client, cast, place):
    made = shares.create_share(cast.mona, place, "open", password=SECRET)
    other = shares.create_share(cast.mona, place, "open", password="another password")
    for each in list(everything(client, made))[1:]:
        assert status(client, each) == 302
    assert "Shared\n" not in client.get(address(made)).content.decode()
    wrong = client.post(address(made), {"password": "wrong password"})
    assert wrong.status_code == 403
    assert client.post(address(made), {"password": SECRET}).status_code == 302
    assert set(everything(client, made).values()) == {200}
    assert status(client, f"{address(other)}/pages/open/b.md") == 302
    assert status(Client(), f"{address(made)}/pages/open/b.md") == 302


def test_its_password_cannot_be_guessed(client, cast, place):
    """S17."""
    made = shares.create_share(cast.mona, place, "open", password=SECRET)
    for n in range(BY_ACCOUNT):
        Client().post(address(made), {"password": f"wrong {n} wrong"}, REMOTE_ADDR=f"10.0.0.{n}")
    refused = client.post(address(made), {"password": SECRET}, REMOTE_ADDR="10.1.0.1")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize("name", ["lea", "gus", "charlie", "rita", "oscar", "anonymous"])
def test_who_may_not_share_shares_nothing(cast, place, name):
    made = shares.create_share(cast.mona, place, "open")
    actor = getattr(cast, name)
    for deed in (
        lambda: shares.create_share(actor, place, "open"),
        lambda: shares.revoke_share(actor, place, made.share.pk),
        lambda: list(shares.shares(actor, place)),
    ):
        with pytest.raises((NotFound, Denied)):
            deed()
    assert Share.objects.filter(revoked_at=None).count() == 1


def test_a_mentor_ends_their_own_and_an_owner_all(cast, place):
    hubs.set_member(cast.alice, place, "leo", "mentor")
    made = shares.create_share(cast.mona, place, "open")
    with pytest.raises(NotFound):
        shares.revoke_share(cast.leo, place, made.share.pk)
    shares.revoke_share(cast.alice, place, made.share.pk)
    with pytest.raises(NotFound):
        shares.opened(made.token)


def test_the_button_of_a_page_leads_to_the_form(client, cast, place):
    cast.user("mona")
    client.login(username="mona", password=PASSWORD)
    assert f"/{place}/shares?path=open%2Fb.md" in client.get(f"/{place}/pages/open/b.md").content.decode()
    assert 'value="open/b.md"' in client.get(f"/{place}/shares?path=open%2Fb.md").content.decode()
    shown = client.post(f"/{place}/shares", {"path": "open/b.md", "days": "3"}).content.decode()
    link = re.search(r'value="http://testserver(/shared/nxs_[\w-]+)"', shown).group(1)
    assert status(Client(), link) == 200
    assert link not in client.get(f"/{place}/shares").content.decode()
    for change in ({"path": "nowhere"}, {"days": "0"}, {"days": "x"}, {"password": "short"}, {"path": "../x"}):
        assert client.post(f"/{place}/shares", {"path": "open", "days": "3"} | change).status_code == 400


def test_no_other_door_takes_the_secret(client, cast, place):
    made = shares.create_share(cast.mona, place, "open")
    for headers in ({"Authorization": f"Bearer {made.token}"}, {"Cookie": f"nexus_session={made.token}"}):
        assert client.get("/api/v1/hubs/cohort/pages", headers=headers).status_code in {401, 404}
        assert client.get("/cohort/pages/open/b.md", headers=headers).status_code == 404
