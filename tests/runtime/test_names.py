"""Names: which are allowed, which are near, and the words they are made of."""

from __future__ import annotations

import difflib
import random
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lakecat.errors import DeclarationError
from lakecat.names import check_name, full_name, near_names, words

if TYPE_CHECKING:
    from collections.abc import Iterable


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


WORDS = [
    "user",
    "event",
    "order",
    "item",
    "sale",
    "flight",
    "plane",
    "weather",
    "price",
    "stock",
    "page",
    "daily",
    "raw",
]


def many_names() -> list[str]:
    """Return names of tables as large catalogs have them: numbered, of words, and of words in databases."""
    drawn = random.Random(8)
    found = {f"team{i % 50}.table_{i:04}" for i in range(600)}
    found |= {f"{drawn.choice(WORDS)}{drawn.randrange(9)}.{'_'.join(drawn.sample(WORDS, 3))}" for _ in range(600)}
    return sorted(found | {"_".join(drawn.sample(WORDS, drawn.choice([1, 2]))) for _ in range(200)})


def with_typo(name: str, drawn: random.Random) -> str:
    """Return a name with a letter too few, too many or wrong, two letters swapped, or without its database."""
    i, letter = drawn.randrange(len(name)), drawn.choice("abcxyz")
    changed = [name[:i] + name[i + 1 :], name[:i] + letter + name[i:], name[:i] + letter + name[i + 1 :]]
    return drawn.choice([*changed, name[:i] + name[i : i + 2][::-1] + name[i + 2 :], name.rpartition(".")[2][:-1]])


def likeness(name: str, near: Iterable[str]) -> list[float]:
    """Return how alike difflib finds names, the most alike first."""
    return sorted((difflib.SequenceMatcher(None, one, name).ratio() for one in near), reverse=True)


@pytest.mark.parametrize("library", ["rapidfuzz", "difflib alone"])
@pytest.mark.parametrize("seed", range(5))
def test_among_many_the_nearest_are_as_near_as_difflib_finds(
    seed: int, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many names those are given that a comparison with each gives, or others that are as near."""
    if library != "rapidfuzz":
        monkeypatch.setitem(sys.modules, "rapidfuzz.process", None)
    drawn, names = random.Random(seed), many_names()
    assert len(names) > 1000
    for _ in range(10):
        asked = with_typo(drawn.choice(names), drawn)
        wanted = difflib.get_close_matches(asked, names, n=3, cutoff=0.6)
        found = near_names(asked, names)
        of_last_part = [name for name in names if name.rpartition(".")[2] == asked]
        assert set(of_last_part[:3]) <= set(found)
        if not of_last_part:
            assert likeness(asked, found) == likeness(asked, wanted), (asked, found, wanted)


def test_of_many_names_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What difflib compares does not grow with the number of names."""
    compared: list[int] = []
    real = difflib.get_close_matches

    def count(word: str, possibilities: list[str], **more: Any) -> list[str]:
        compared.append(len(possibilities))
        return real(word, possibilities, **more)

    monkeypatch.setattr(difflib, "get_close_matches", count)
    for size in (100, 5_000, 50_000):
        near_names("table_0000x7", [f"table_{i:07}" for i in range(size)])
    assert compared[0] == 100
    assert max(compared[1:]) <= 100


@pytest.mark.parametrize("size", [10, 1000])
@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("USERS", "users"),
        ("orders", "crm.orders"),
        ("ORDERS", "crm.orders"),
        ("straße", "STRASSE"),
        ("\ud800x", "\ud800xy"),
    ],
    ids=ascii,
)
def test_case_and_databases_count_among_many_too(asked: str, first: str, size: int) -> None:
    """A name that differs in case alone, or lacks its database, comes first, however many there are."""
    names = ["users", "crm.orders", "STRASSE", "\ud800xy", "user", *(f"t{i}" for i in range(size))]
    assert near_names(asked, names)[0] == first
    assert near_names("qqqqqqqqqq", names) == ()
