"""Words of the domain, in English and in another language."""

import pickle

import pytest

from nexus.base.errors import Invalid, NotFound
from nexus.base.sentences import NOTHING, Sentence

GERMAN = {
    "It holds more than %(files)s files.": "Mehr als %(files)s Dateien sind darin.",
    "That cannot be a path: %(why)s.": "Das kann kein Pfad sein: %(why)s.",
    "it is empty": "er ist leer",
    "One of %(choices)s.": "Eines von %(wahl)s.",
    "100 %": "hundert %",
}


def german(words: str) -> str:
    return GERMAN.get(words, words)


def test_it_is_its_english_words():
    said = Sentence("It holds more than %(files)s files.", files="1,000")
    assert said == "It holds more than 1,000 files."
    assert pickle.loads(pickle.dumps(said)).translated(german) == "Mehr als 1,000 Dateien sind darin."


def test_values_stay_and_sentences_among_them_are_translated_too():
    said = Sentence("That cannot be a path: %(why)s.", why=Sentence("it is empty"))
    assert said == "That cannot be a path: it is empty."
    assert said.translated(german) == "Das kann kein Pfad sein: er ist leer."


def test_what_people_typed_is_never_taken_for_words_of_ours():
    said = Sentence("That cannot be a path: %(why)s.", why="it is empty %(x)s 100%")
    assert said.translated(german) == "Das kann kein Pfad sein: it is empty %(x)s 100%."


def test_a_percent_sign_is_one_where_there_are_no_values():
    assert Sentence("100 %").translated(german) == "hundert %"
    assert NOTHING.translated(lambda _: "the header of a catalogue") == ""


def test_a_translation_that_asks_for_what_is_not_there_is_not_used():
    assert Sentence("One of %(choices)s.", choices="a, b").translated(german) == "One of a, b."


def test_a_value_that_is_missing_is_a_defect_where_it_is_made():
    with pytest.raises(KeyError):
        Sentence("One of %(choices)s.", choice="a")


def test_an_error_says_its_words_in_english_by_itself():
    error = Invalid(
        Sentence("That is no role."), field="role", value="king", remedy=Sentence("One of %(choices)s.", choices="a")
    )
    assert str(error) == "That is no role. (role: king) One of a."
    assert NotFound().message.translated(lambda words: words.upper()) == "NOT FOUND, OR NOT VISIBLE TO YOU."
