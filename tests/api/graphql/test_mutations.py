"""One mutation for each action, named as it is, with its arguments and its codes."""

import dataclasses
import inspect
import uuid

import pytest
from graphene.utils.str_converters import to_snake_case

from nexus.accounts import actions as accounts
from nexus.accounts.models import PersonalToken
from nexus.api.graphql.schema import schema
from nexus.exchange import actions as exchange
from nexus.exchange import connecting, webhooks
from nexus.hubs import actions as hubs
from nexus.hubs import lifetime
from nexus.hubs.models import Hub
from nexus.knowledge import actions as knowledge
from nexus.knowledge import writing
from nexus.markdown.adding import Said
from nexus.pages import actions as pages
from nexus.pages import claiming, guard, purging, shares, since, uploading
from nexus.pages.models import Page
from nexus.search import actions as search

#: Actions that are no mutation, and why.
NOT_HERE = {
    "create_user": "the operator's and administrators', by `nexus user`",
    "set_password": "the operator's and administrators', by `nexus user`",
    "set_active": "the operator's and administrators', by `nexus user`",
    "author_for": "part of other actions",
    "require_administrator": "part of other actions",
    "require_whole_account": "part of other actions",
    "reset_key": "a link for whoever lost a password: by `nexus user reset-link` and in /administration",
    "set_administrator": "an instance's administration is in the browser and by `nexus user`",
    "set_quota": "an instance's administration is in the browser and by `nexus user`",
    "set_hub_quota": "an instance's administration is in the browser and by `nexus hub`",
    "enter_hub": "an instance's administration is in the browser and by `nexus hub`",
    "leave_hub": "as remove_member, of oneself",
    "purge_hub": "an instance's administration is in the browser and by `nexus hub`",
    "import_change": "called by exchange, with what it staged",
    "import_new_hub": "as import_source",
    "import_source": "takes a folder or file, which a query cannot carry",
    "export_hub": "writes to a place of the server's",
    "reindex": "the operator's",
    "shares": "a read",
    "visible_shares": "a read",
    "suspects": "a read",
    "look": "part of other actions",
    "look_at_all": "part of other actions",
    "look_for": "what a purge asks about",
    "check": "part of other actions",
    "check_hub": "part of other actions",
    "check_share": "part of other actions",
    "looked_through": "how doors take a decision with a deed",
    "start_for": "a read",
    "pages_since": "a read",
    "news_of": "a read",
    "news_by_hub": "a read",
    "upload_files": "takes files, which a query cannot carry",
}
#: What an argument is called here, where that differs.
CALLED = {
    ("create_page", "content"): "text", ("edit_page", "content"): "text", ("revert_change", "seq"): "number",
    ("restore_page", "page_id"): None, ("create_personal_token", "user"): None, ("sign_out_everywhere", "user"): None,
    ("revoke_personal_token", "token_id"): "id", ("update_hub", "slug"): "hub", ("archive_hub", "slug"): "hub",
    ("update_webhook", "webhook_id"): "id", ("delete_webhook", "webhook_id"): "id", ("ping_webhook", "webhook_id"): "id",
    ("rotate_webhook_secret", "webhook_id"): "id", ("redeliver_event", "webhook_id"): "webhook",
    ("redeliver_event", "delivery_id"): "id", ("set_member", "slug"): "hub", ("remove_member", "slug"): "hub",
    ("invite_member", "slug"): "hub", ("invite_member", "site"): None, ("revoke_invitation", "slug"): "hub",
    ("revoke_invitation", "invitation_id"): "id", ("create_share", "site"): None, ("revoke_share", "share_id"): "id",
    ("rename_hub", "slug"): "hub", ("rename_hub", "new"): "slug", ("transfer_hub", "slug"): "hub",
    ("delete_hub", "slug"): "hub", ("restore_hub", "slug"): "hub",
}  # fmt: skip


#: What is one value there and several arguments here.
SPREAD = {("add_entry", "said"): {field.name for field in dataclasses.fields(Said)}}


def actions():
    """Every action of the domain: a public function that takes an actor first."""
    found = {}
    for module in (
        accounts,
        hubs,
        lifetime,
        pages,
        shares,
        since,
        uploading,
        claiming,
        guard,
        purging,
        connecting,
        knowledge,
        writing,
        exchange,
        webhooks,
        search,
    ):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            parameters = list(inspect.signature(function).parameters)
            if not name.startswith("_") and function.__module__ == module.__name__ and parameters[:1] == ["actor"]:
                found[name] = parameters[1:]
    return found


def mutations():
    return {to_snake_case(name): field for name, field in schema.mutation_type.fields.items()}


def test_every_action_is_a_mutation():
    assert set(actions()) - set(NOT_HERE) == set(mutations())


def test_a_mutation_has_the_arguments_of_its_action():
    for name, field in mutations().items():
        given = [parameter for parameter in actions()[name] if (name, parameter) not in SPREAD]
        spread = set().union(*(SPREAD.get((name, parameter), ()) for parameter in actions()[name]))
        expected = spread | {CALLED.get((name, parameter), parameter) for parameter in given} - {None}
        assert {to_snake_case(argument) for argument in field.args} == expected, name


def test_every_mutation_answers_with_object_and_errors():
    for field in schema.mutation_type.fields.values():
        assert {"object", "errors"} <= set(field.type.of_type.fields)


def test_several_pages_at_once(do, hub, cast):
    two = '[{verb: CREATE, path: "a.md", text: "a"}, {verb: CREATE, path: "b.md", text: "b"}]'
    made = do(f'changePages(hub: "cohort", steps: {two}, message: "both")', wanted="object { number message }")
    assert made["errors"] == []
    assert made["object"]["message"] == "both"
    for steps, field in [
        ('[{verb: DELETE, path: "a.md"}, {verb: MOVE, path: "nowhere.md", target: "c.md"}]', "steps.1"),
        ('[{verb: EDIT, path: "a.md", text: "x"}]', "steps.0"),
        ('[{verb: EDIT, path: "a.md", text: "x", base: "no id"}]', "steps.0.base"),
        ("[]", "steps"),
    ]:
        (told,) = do(f'changePages(hub: "cohort", steps: {steps})', wanted="object { number }")["errors"]
        assert told["field"] == field
    assert set(Page.objects.filter(live_key__isnull=False).values_list("path", flat=True)) == {"a.md", "b.md"}


ERRORS = "errors { code field message remedy value current base proposed }"


@pytest.fixture
def do(ask):
    """Runs one mutation as somebody; its payload."""

    def do(call: str, name: str = "lea", wanted: str = "object { __typename }", **variables):
        declared = "".join(f"${key}: String!, " for key in variables)
        head = f"mutation ({declared[:-2]})" if declared else "mutation"
        (payload,) = ask(f"{head} {{ {call} {{ {wanted} {ERRORS} }} }}", name, **variables).values()
        return payload

    return do


def done(payload):
    assert payload["errors"] == [], payload
    return payload["object"]


def code(payload):
    assert payload["object"] is None
    (error,) = payload["errors"]
    return error["code"]


PAGE = "object { path versionId text author { handle } } change { number }"


def test_a_page_from_its_first_word_to_its_last(do, hub):
    made = done(do('createPage(hub: "cohort", path: "a.md", text: "one\\n", message: "hello")', wanted=PAGE))
    assert (made["text"], made["author"]["handle"]) == ("one\n", "lea")
    edited = do(f'editPage(hub: "cohort", path: "a.md", text: "two\\n", base: "{made["versionId"]}")', "leo", PAGE)
    assert done(edited)["text"] == "two\n"
    same = do(
        f'editPage(hub: "cohort", path: "a.md", text: "two\\n", base: "{edited["object"]["versionId"]}")', wanted=PAGE
    )
    assert (done(same)["text"], same["change"]) == ("two\n", None)
    assert done(do('movePage(hub: "cohort", source: "a.md", target: "b/c.md")', wanted=PAGE))["path"] == "b/c.md"
    moved = do('movePage(hub: "cohort", source: "b", target: "d")', wanted=PAGE)
    assert (done(moved), moved["change"] is not None) == (None, True)
    deleted = do('deletePage(hub: "cohort", path: "d/c.md")', wanted=PAGE)
    assert (done(deleted), deleted["change"] is not None) == (None, True)
    assert done(do('restorePage(hub: "cohort", path: "d/c.md")', "mona", PAGE))["text"] == "two\n"
    first = do('restorePage(hub: "cohort", path: "d/c.md", number: 1)', "mona", PAGE)
    assert done(first)["text"] == "one\n"
    reverted = do(
        f'revertChange(hub: "cohort", number: {first["change"]["number"]})',
        "mona",
        "object { number reverts { number } }",
    )
    assert done(reverted)["reverts"] == first["change"]


def test_a_page_that_is_newer_than_its_base(do, hub):
    base = done(do('createPage(hub: "cohort", path: "a.md", text: "1\\n\\n2\\n\\n3\\n")', wanted=PAGE))["versionId"]
    newer = done(do(f'editPage(hub: "cohort", path: "a.md", text: "1!\\n\\n2\\n\\n3\\n", base: "{base}")', wanted=PAGE))
    edit = f'editPage(hub: "cohort", path: "a.md", text: "%s", base: "{base}", onStale: %s)'
    refused = do(edit % ("1\\n\\n2\\n\\n3!\\n", "REFUSE"), "leo")
    assert code(refused) == "stale_version"
    (error,) = refused["errors"]
    assert (error["current"], error["base"], error["field"]) == (newer["versionId"], base, "base")
    assert len(error["proposed"]) == 64
    assert done(do(edit % ("1\\n\\n2\\n\\n3!\\n", "MERGE"), "leo", PAGE))["text"] == "1!\n\n2\n\n3!\n"
    assert code(do(edit % ("1?\\n\\n2\\n\\n3\\n", "MERGE"), "leo")) == "merge_conflict"
    assert code(do(f'deletePage(hub: "cohort", path: "a.md", base: "{base}")')) == "stale_version"


def test_a_hub_and_its_members(do, cast):
    made = done(
        do('createHub(slug: "ours", title: "Ours", visibility: PUBLIC)', "alice", "object { slug visibility title }")
    )
    assert made == {"slug": "ours", "visibility": "PUBLIC", "title": "Ours"}
    cast.user("gus")
    member = "object { user role hub { slug } }"
    assert done(do('setMember(hub: "ours", username: "gus", role: GUEST)', "alice", member)) == {
        "user": "gus", "role": "GUEST", "hub": {"slug": "ours"},
    }  # fmt: skip
    assert done(do('updateHub(hub: "ours", visibility: PRIVATE)', "alice", "object { visibility title }")) == {
        "visibility": "PRIVATE", "title": "Ours",
    }  # fmt: skip
    assert done(do('archiveHub(hub: "ours")', "alice", "object { archivedAt }"))["archivedAt"]
    assert done(do('archiveHub(hub: "ours", archived: false)', "alice", "object { archivedAt }")) == {
        "archivedAt": None
    }
    assert done(do('removeMember(hub: "ours", username: "gus")', "gus", "object { slug }")) is None
    assert not Hub.objects.get(slug="ours").memberships.filter(user__username="gus").exists()


def test_ones_own_tokens(do, ask, post, cast, hub):
    call = f'createPersonalToken(name: "script", scopes: [WRITE], days: 3, hubs: ["{hub.pk}"])'
    made = do(call, "lea", "secret object { id name hint scopes hubs }")
    token = done(made)
    assert (token["name"], token["scopes"], token["hubs"]) == ("script", ["WRITE"], [str(hub.pk)])
    headers = {"Authorization": f"Bearer {made['secret']}"}
    query = {"query": '{ viewer { username tokens { name } } hub(slug: "cohort") { slug } }'}
    assert post(query, **headers).json()["data"]["hub"] == {"slug": "cohort"}
    wider = {"query": f'mutation {{ updateHub(hub: "cohort", title: "x") {{ {ERRORS} }} }}'}
    assert post(wider, **headers).json()["data"]["updateHub"]["errors"][0]["code"] == "insufficient_scope"
    assert done(do(f'revokePersonalToken(id: "{token["id"]}")', "lea", "object { name }")) == {"name": "script"}
    assert post(query, **headers).status_code == 401
    assert code(do(f'revokePersonalToken(id: "{token["id"]}")')) == "not_found"
    assert PersonalToken.objects.get().revoked_at


def test_signing_out_everywhere_ends_what_was_shown(do, client, cast):
    from tests.api.graphql.conftest import bearer

    shown = bearer(cast, "lea")
    body = '{"query": "mutation { signOutEverywhere { object { username } errors { code } } }"}'
    first = client.post("/graphql", body, "application/json", headers=shown)
    assert first.json()["data"]["signOutEverywhere"] == {"object": {"username": "lea"}, "errors": []}
    second = client.post("/graphql", body, "application/json", headers=shown)
    assert (second.status_code, second.json()["errors"][0]["extensions"]["code"]) == (401, "invalid_token")


REFUSED = [
    ("anonymous", 'createPage(hub: "open", path: "x.md", text: "")', {"denied", "sign_in_required"}),
    ("charlie", 'createPage(hub: "open", path: "x.md", text: "")', {"denied"}),
    ("charlie", 'createPage(hub: "cohort", path: "x.md", text: "")', {"not_found"}),
    ("lea", 'createPage(hub: "nowhere", path: "x.md", text: "")', {"not_found"}),
    ("lea", 'createPage(hub: "cohort", path: "../x.md", text: "")', {"invalid_path"}),
    ("lea", 'editPage(hub: "cohort", path: "x.md", text: "", base: "x")', {"invalid"}),
    ("lea", f'editPage(hub: "cohort", path: "x.md", text: "", base: "{uuid.uuid4()}")', {"not_found"}),
    ("lea", 'movePage(hub: "cohort", source: "x", target: "x")', {"unmoved"}),
    ("lea", 'restorePage(hub: "cohort", path: "x.md")', {"denied"}),
    ("mona", 'restorePage(hub: "cohort", path: "x.md")', {"not_found"}),
    ("mona", 'revertChange(hub: "cohort", number: 999)', {"not_found"}),
    ("mona", 'purge(hub: "cohort", path: "x.md", confirm: "cohort")', {"denied"}),
    ("alice", 'purge(hub: "cohort", path: "x.md", confirm: "cohort")', {"not_found"}),
    ("alice", 'purge(hub: "cohort", passage: "said nowhere", confirm: "cohort")', {"nothing_found"}),
    ("mona", 'setMember(hub: "cohort", username: "gus", role: OWNER)', {"denied"}),
    ("alice", 'setMember(hub: "cohort", username: "nobody", role: OWNER)', {"unknown_user"}),
    ("alice", 'removeMember(hub: "cohort", username: "alice")', {"last_owner"}),
    ("alice", 'createHub(slug: "cohort")', {"slug_taken"}),
    ("alice", 'createHub(slug: "Cohort!")', {"invalid"}),
    ("alice", 'createHub(slug: "graphql")', {"invalid"}),
    ("anonymous", 'createHub(slug: "mine")', {"sign_in_required"}),
    ("anonymous", "signOutEverywhere", {"sign_in_required"}),
    ("anonymous", 'createPersonalToken(name: "x")', {"sign_in_required"}),
    ("lea", 'createPersonalToken(name: "x", days: 0)', {"invalid"}),
    ("lea", 'createPersonalToken(name: "x", hubs: ["x"])', {"invalid"}),
    ("lea", 'revokePersonalToken(id: "x")', {"invalid"}),
]  # fmt: skip


def test_refusals_have_the_codes_of_the_domain(do, cast, hub):
    from tests.conftest import make_hub

    make_hub(cast, "open", "public")
    for name, call, codes in REFUSED:
        assert code(do(call, name)) in codes, (name, call)


def test_a_text_of_two_megabytes(do, post, hub):
    """As a page; what is longer is refused, and what no request may carry before it is read."""
    text, create = "é" * 999_999 + "\n", 'createPage(hub: "cohort", path: "%s.md", text: $text)'
    size = "object { size kind }"
    assert done(do(create % "long", text=text, wanted=size)) == {"size": 1_999_999, "kind": "PAGE"}
    (told,) = do(create % "longer", text=text + "xx", wanted=size)["errors"]
    assert told["code"] == "text_too_large"
    refused = post({"query": "{ viewer { id } }", "variables": {"text": "é" * 1_100_000}})
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (413, "too_large")
