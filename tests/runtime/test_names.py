"""Names: which are allowed, which are near, and the words they are made of."""

from __future__ import annotations

import pytest

from lakecat.errors import DeclarationError
from lakecat.names import check_name, full_name, near_names, words


@pytest.mark.parametrize("name", ["users", "a.b", "with space", "größe", "1", "<script>", "select", "a'b", "-x"])
def test_any_text_is_a_name(name: str) -> None:
    """Data have names of every kind, so almost any text is allowed."""
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", " users", "users ", "a\nb", "a\rb", "\t", None, 5, b"users"])
def test_what_is_no_name(name: object) -> None:
    """What is no text, empty, padded or broken over lines is refused, and shown."""
    with pytest.raises(DeclarationError) as caught:
        check_name(name, "database")
    assert "database" in str(caught.value)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(("database", "full"), [(None, "users"), ("", "users"), ("crm", "crm.users")])
def test_full_name(database: str | None, full: str) -> None:
    """The database comes before the table, with a dot."""
    assert full_name("users", database) == full


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("user", ("users",)),
        ("USERS", ("users",)),
        ("orders", ("crm.orders",)),
        ("zzz", ()),
        ("", ()),
    ],
)
def test_near_names(asked: str, near: tuple[str, ...]) -> None:
    """Near names are those that look alike, differ in case alone, or have the name asked for as their last part."""
    assert near_names(asked, ["users", "user_events", "crm.orders", "flights"]) == near


def test_at_most_three_are_near() -> None:
    """Of many near names three are given, those that differ in case alone first."""
    assert len(near_names("table", [f"table{i}" for i in range(9)])) == 3
    assert near_names("users", ["user", "users1", "Users", "users2"])[0] == "Users"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("signup_country_code", ("signup", "country", "code")),
        ("crm.signupCountry_code", ("crm", "signup", "Country", "code")),
        ("HTTPServerLog2", ("HTTP", "Server", "Log2")),
        ("größeÜber", ("größeÜber",)),
        ("a-b c", ("a", "b", "c")),
        ("___", ()),
    ],
)
def test_words(name: str, parts: tuple[str, ...]) -> None:
    """A name is split at dots, underscores, other signs and changes of case."""
    assert words(name) == parts
