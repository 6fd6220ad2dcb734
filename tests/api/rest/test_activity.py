"""`activity`: the same events as the stream tells, to the same people, as a list that goes on where it was cut."""

import pytest
from tests.conftest import ROLES

from nexus.hubs import actions as hubs
from nexus.pages import actions
from nexus.pages.events import events


@pytest.mark.parametrize("name", [*ROLES, "charlie", "anonymous"])
def test_what_is_listed_is_what_the_stream_tells(api, cast, hub, name):
    hubs.update_hub(cast.alice, hub.slug, visibility="public")
    actions.create_page(cast.lea, hub.slug, "a.md", b"# A", message="First")
    listed = api(name).get(f"hubs/{hub.slug}/activity", limit="100")
    assert listed == {
        "results": [event.as_json() for event in events(getattr(cast, name), hub.pk, after=0)],
        "next": None,
    }
    of_members = {each["type"] for each in listed["results"] if each["type"].startswith("member.")}
    assert bool(of_members) == (name in ROLES)


def test_it_goes_on_where_it_was_cut(api, cast, hub):
    lea = api("lea")
    whole = lea.get(f"hubs/{hub.slug}/activity")["results"]
    found, asked = [], {"limit": "2"}
    while True:
        answer = lea("GET", f"hubs/{hub.slug}/activity", **asked)
        part = answer.json()
        found += part["results"]
        assert (part["next"] is not None) == ("Link" in answer.headers)
        if part["next"] is None:
            break
        asked["cursor"] = part["next"]
    assert found == whole
    assert [each["seq"] for each in lea.get(f"hubs/{hub.slug}/activity", after="3")["results"]] == [
        each["seq"] for each in whole if each["seq"] > 3
    ]
    assert lea.get(f"hubs/{hub.slug}/activity", after="999999999999")["results"] == []


@pytest.mark.parametrize(("wanted", "types"), [("change", {"change.edit"}), ("hub.created", {"hub.created"})])
def test_only_what_is_wanted(api, cast, hub, wanted, types):
    actions.create_page(cast.lea, hub.slug, "a.md", b"# A")
    found = api("lea").get(f"hubs/{hub.slug}/activity", type=wanted)["results"]
    assert {each["type"] for each in found} == types


@pytest.mark.parametrize(
    ("field", "asked"),
    [("after", "-1"), ("after", "x"), ("after", "9" * 30), ("type", "page.read"), ("cursor", "-1"), ("cursor", "x"),
     ("cursor", "9" * 30), ("limit", "0"), ("limit", "101"), ("seq", "1")],
)  # fmt: skip
def test_what_cannot_be_asked(api, hub, field, asked):
    code = "unknown_field" if field == "seq" else "invalid"
    told = api("lea").refused(400, code, "GET", f"hubs/{hub.slug}/activity", **{field: asked})
    assert told["field"] == field


def test_what_did_not_change_is_not_sent_again(api, hub, cast):
    lea = api("lea")
    tag = lea("GET", f"hubs/{hub.slug}/activity")["ETag"]
    assert lea("GET", f"hubs/{hub.slug}/activity", headers={"If-None-Match": tag}).status_code == 304
    actions.create_page(cast.lea, hub.slug, "a.md", b"# A")
    assert lea("GET", f"hubs/{hub.slug}/activity", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("items", [1, 30])
def test_it_costs_the_same_whatever_happened(api, cast, hub, django_assert_num_queries, items):
    for n in range(items):
        actions.create_page(cast.lea, hub.slug, f"{n}.md", b"# A")
    lea = api("lea")
    with django_assert_num_queries(5):  # the token's owner, the hub, the log, its changes, their versions
        assert len(lea.get(f"hubs/{hub.slug}/activity", type="change")["results"]) == items
