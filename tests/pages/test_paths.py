"""The order of names, as people count."""

from hypothesis import given
from hypothesis import strategies as st

from nexus.pages.paths import is_readme, natural_key
from nexus.pages.queries import ListedPage, Listing, Neighbours, neighbours


def test_numbers_count():
    names = ["week-10.md", "week-2.md", "Week-1.md", "b", "A", "week-2-notes.md", "week-02.md", "٣.md", "2.md"]
    assert sorted(names, key=natural_key) == [
        "2.md", "٣.md", "A", "b", "Week-1.md", "week-02.md", "week-2-notes.md", "week-2.md", "week-10.md",
    ]  # fmt: skip


@given(st.lists(st.text(max_size=30), unique=True))
def test_the_order_is_total(names):
    """Any names can be compared, and only equal ones are equal."""
    assert len({str(natural_key(name)) for name in names}) == len(names)
    ordered = sorted(names, key=natural_key)
    names.reverse()
    assert sorted(names, key=natural_key) == ordered


def test_what_a_folder_shows():
    assert [is_readme(name) for name in ("README.md", "readme.fr.md", "README.txt", "README", "readme-old.md")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_neighbours():
    one, two, file, three = (
        ListedPage(name, name, name, "file" if name == "x.png" else "page")
        for name in ("1.md", "2.md", "x.png", "3.md")
    )
    listing = Listing([], [one, two, file, three], is_cut=False)
    assert neighbours(listing, "1.md") == Neighbours(None, two)
    assert neighbours(listing, "2.md") == Neighbours(one, three)
    assert neighbours(listing, "3.md") == Neighbours(two, None)
    assert neighbours(listing, "x.png") == neighbours(listing, "gone.md") == Neighbours(None, None)
