"""Settings from the environment: typed, named in every error, never shown when secret."""

import pytest

from nexus.ops import env as module
from nexus.ops.env import ConfigurationError, env_bool, env_int, env_list, env_str, generated_secret
from nexus.settings import parse_database_url, parse_email_url


@pytest.fixture(autouse=True)
def _own_variables(monkeypatch):
    monkeypatch.setattr(module, "VARIABLES", {})


def test_unset_and_empty_give_the_default_and_say_so(monkeypatch):
    assert env_int("X", 5, "help") == 5
    monkeypatch.setenv("X", "")
    assert env_int("X", 5, "help") == 5
    assert module.VARIABLES["X"].source == "default"


@pytest.mark.parametrize(
    ("raw", "value"),
    [("1", True), ("TRUE", True), ("yes", True), ("on", True), ("0", False), ("No", False), ("off", False)],
)
def test_booleans(monkeypatch, raw, value):
    monkeypatch.setenv("X", raw)
    assert env_bool("X", not value, "help") is value


@pytest.mark.parametrize("raw", ["maybe", "2", "-"])
def test_wrong_boolean_names_variable_value_and_remedy(monkeypatch, raw):
    monkeypatch.setenv("X", raw)
    with pytest.raises(ConfigurationError, match=f"X={raw}: expected true or false"):
        env_bool("X", False, "help")


@pytest.mark.parametrize("raw", ["0", "11", "ten", "1.5"])
def test_numbers_have_bounds(monkeypatch, raw):
    monkeypatch.setenv("X", raw)
    with pytest.raises(ConfigurationError, match="a whole number from 1 to 10"):
        env_int("X", 5, "help", low=1, high=10)


def test_choices_and_lists(monkeypatch):
    monkeypatch.setenv("X", "b")
    assert env_str("X", "a", "help", choices=("a", "b")) == "b"
    monkeypatch.setenv("X", "c")
    with pytest.raises(ConfigurationError, match="one of a, b"):
        env_str("X", "a", "help", choices=("a", "b"))
    monkeypatch.setenv("X", " a , b ,,")
    assert env_list("X", [], "help") == ["a", "b"]
    assert module.VARIABLES["X"].shown == "a,b"


def test_a_mounted_secret_is_read_from_its_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("X_FILE", str(tmp_path / "secret"))
    assert env_str("X", "", "help", secret=True) == "from the file"
    assert (module.VARIABLES["X"].source, module.VARIABLES["X"].shown) == ("file", "(set)")
    monkeypatch.setenv("X_FILE", str(tmp_path / "gone"))
    with pytest.raises(ConfigurationError, match=r"X_FILE=.*cannot be read"):
        env_str("X", "", "help", secret=True)


def test_a_generated_secret_stays_and_is_readable_by_its_owner_alone(tmp_path):
    file = tmp_path / "var" / "secret_key"
    first = generated_secret("X", file, "help")
    assert len(first) >= 60
    assert generated_secret("X", file, "help") == first
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("cut")
    with pytest.raises(ConfigurationError, match="no usable secret"):
        generated_secret("X", file, "help")


def test_a_secret_that_cannot_be_kept_is_said_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="Set X or NEXUS_DATA_DIR"):
        generated_secret("X", tmp_path / "file" / "secret_key", "help")


@pytest.mark.parametrize("raw", ["oracle://x/y", "postgresql", "postgresql://host", "mysql://host/", "sqlite"])
def test_database_addresses_that_cannot_be(raw):
    with pytest.raises(ValueError, match=r"Known schemes|names no database"):
        parse_database_url(raw)


@pytest.mark.parametrize(
    ("raw", "engine", "name"),
    [
        ("postgresql://u:p@h:5/n", "postgresql", "n"),
        ("mysql://u@h/n", "mysql", "n"),
        ("mariadb://u@h/n", "mysql", "n"),
        ("sqlite:////tmp/x.db", "sqlite3", "/tmp/x.db"),
    ],
)
def test_database_addresses(raw, engine, name):
    parsed = parse_database_url(raw)
    assert (parsed["ENGINE"].rpartition(".")[2], parsed["NAME"]) == (engine, name)


def test_mail_addresses():
    options = parse_email_url("smtp+tls://u%40x:p%3A@mail.example.org")["OPTIONS"]
    assert (options["host"], options["port"], options["username"], options["password"]) == (
        "mail.example.org", 587, "u@x", "p:",
    )  # fmt: skip
    assert (options["use_tls"], options["use_ssl"], options["timeout"]) == (True, False, 10)
    with pytest.raises(ValueError, match="Known schemes"):
        parse_email_url("http://mail.example.org")
