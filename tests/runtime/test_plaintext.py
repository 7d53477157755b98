"""Text that others wrote: inert, on one line where it is a name, and without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakecat.asked.text import hide_paths
from lakecat.plaintext import plain, plain_name, redact, safe_location, secrets_of, without_ansi
from lakecat.summary import summary_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ordinary text,\n\twith tabs", "ordinary text,\n\twith tabs"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x07bell\x00", "␇bell␀"),
        ("\x9b31m", "\ufffd31m"),
        ("\u202egnp.exe", "[U+202E]gnp.exe"),
        ("\u2066a\u2069", "[U+2066]a[U+2069]"),
        ("\ud800", "\ufffd"),
        ("مرحبا שלום", "مرحبا שלום"),
        ("a\rb", "a␍b"),
    ],
    ids=ascii,
)
def test_prose_is_inert(text: str, shown: str) -> None:
    """Terminal codes and marks that reorder text come out as characters; scripts written from the right stay."""
    assert plain(text) == shown


def test_names_are_one_line() -> None:
    """In names, line breaks and invisible marks show as well."""
    assert plain_name("a\nb\tc\u200bd\ufeff\u200f") == "a␊b␉c[U+200B]d[U+FEFF][U+200F]"


@given(st.text())
def test_nothing_dangerous_is_left(text: str) -> None:
    """Whatever the text, no control, no reordering mark and no lone surrogate is left; twice changes nothing."""
    shown = plain_name(text)
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
    assert not any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in shown)
    shown.encode()
    assert plain_name(shown) == shown


def test_colours_are_removed() -> None:
    """Colour codes of error texts are removed."""
    assert without_ansi("\x1b[1;31mno\x1b[0m such file") == "no such file"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at s3://KEY:CANARY@bucket/path today", "at s3://***@bucket/path today"),
        ("see https://a.example/x?sig=CANARY&b=1.", "see https://a.example/x?***"),
        ("'https://a.example/x#CANARY'", "'https://a.example/x#***'"),
        ("postgresql://me:CANARY@db:5432/x", "postgresql://***@db:5432/x"),
        ("http://[CANARY", "http://***"),
        ("https://u:p@CANARY@host/x", "https://***@host/x"),
        ("the token is CANARY, twice: CANARY", "the token is ***, twice: ***"),
        ("s3://bucket/path", "s3://bucket/path"),
        ("no secret here", "no secret here"),
    ],
)
def test_redaction(text: str, shown: str) -> None:
    """User parts, queries and fragments of URLs are replaced, and so is each secret given."""
    assert redact(text, ["CANARY"] if "token" in text else []) == shown


@pytest.mark.parametrize(
    ("option", "is_secret"),
    [
        ("aws_secret_access_key", True),
        ("AWS_ACCESS_KEY_ID", True),
        ("AWS_SESSION_TOKEN", True),
        ("azure_storage_account_key", True),
        ("azure_storage_connection_string", True),
        ("sas_token", True),
        ("password", True),
        ("proxy_pwd", True),
        ("passphrase", True),
        ("authorization", True),
        ("aws_region", False),
        ("aws_endpoint_url", False),
        ("allow_http", False),
    ],
)
def test_which_options_are_secret(option: str, is_secret: bool) -> None:
    """The name of an option tells whether its value is secret."""
    assert secrets_of({option: "CANARY"}) == (("CANARY",) if is_secret else ())


def test_long_secrets_go_first() -> None:
    """A secret that holds another one is replaced as a whole."""
    secrets = secrets_of({"key": "abc", "token": "abcdef", "password": ""})
    assert secrets == ("abcdef", "abc")
    assert redact("abcdef", secrets) == "***"
    assert secrets_of(None) == ()


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("s3://KEY:CANARY@bucket/path?x=1#y", "s3://***@bucket/path?***#***"),
        ("/home/someone/project/data/users.parquet", "data/users.parquet"),
        ("file:///home/someone/project/data/users.parquet", "data/users.parquet"),
        ("/srv/lake/events/users", "…/events/users"),
        ("relative/users", "relative/users"),
        ("/x", "…/x"),
        ("/a\nb/c", "…/a␊b/c"),
    ],
)
def test_locations(uri: str, shown: str) -> None:
    """A location that is shown holds no credential and no absolute path."""
    assert safe_location(uri, Path("/home/someone/project")) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no folder '/home/me/lake/events'", "no folder 'lake/events'"),
        ("no file '/srv/with space/x y'", "no file '…/with space/x y'"),
        ("os error 2: /srv/lake/a/b.parquet (set X)", "os error 2: …/a/b.parquet (set X)"),
        ("s3://bucket/a/b and 1/2", "s3://bucket/a/b and 1/2"),
    ],
)
def test_paths_are_hidden(text: str, shown: str) -> None:
    """Absolute paths in an error's text are shortened, quoted ones with spaces too; URLs stay."""
    assert hide_paths(text, Path("/home/me")) == shown


@pytest.mark.parametrize(
    ("description", "summary"),
    [
        ("", ""),
        ("One row a user.", "One row a user."),
        ("One row a user. More.\n\nAnd more.", "One row a user."),
        ("One row,\nover two lines\n\nSecond paragraph.", "One row, over two lines"),
        ("See :lakecat:table:`orders` and ``x``. More.", "See orders and x."),
        ("See `the docs <https://x.example>`_. More.", "See the docs."),
        ("See [the docs](https://x.example). More.", "See the docs."),
        ("**Bold** and *slanted*.", "Bold and slanted."),
        ("Rates, e.g. EUR to USD. More.", "Rates, e.g. EUR to USD."),
        ("snake_case_name stays.", "snake_case_name stays."),
    ],
)
def test_summaries(description: str, summary: str) -> None:
    """The summary of a description is its first sentence, without markup."""
    assert summary_of(description) == summary


def test_summaries_are_short() -> None:
    """A sentence that is too long is cut at a word."""
    summary = summary_of("word " * 100)
    assert len(summary) <= 202
    assert summary.endswith("word …")
