"""What authors declare: columns from every kind of schema, tags, texts."""

from __future__ import annotations

import dataclasses
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from lakecat import Column, DeclarationError, TableMetadata, TableType
from lakecat.metadata import check_texts, columns_from

WHERE = "table 'users'"


def pairs(schema: Any) -> list[tuple[str, Any]]:
    """Return names and dtypes of what a schema declares."""
    columns = columns_from(schema, WHERE)
    assert columns is not None
    return [(c.name, c.dtype) for c in columns]


@pytest.mark.parametrize(
    "schema",
    [
        {"user_id": "Int64", "email": "Utf8"},
        {"user_id": pl.Int64, "email": pl.String()},
        {"user_id": int, "email": str},
        pl.Schema({"user_id": pl.Int64(), "email": pl.String()}),
        pa.schema([("user_id", pa.int64()), ("email", pa.string())]),
        [Column("user_id", "Int64"), Column("email", "String")],
        (c for c in [Column("user_id", "Int64"), Column("email", "String")]),
        {"user_id": Column("", "Int64"), "email": Column("other", "String")},
    ],
    ids=["names", "dtypes", "types", "pl.Schema", "pa.Schema", "columns", "generator", "mapping of columns"],
)
def test_every_kind_of_schema(schema: Any) -> None:
    """Mappings, both kinds of schema and columns declare the same; a mapping's key wins over its column's name."""
    assert pairs(schema) == [("user_id", pl.Int64()), ("email", pl.String())]


def test_no_schema_is_not_an_empty_one() -> None:
    """`None` declares nothing; an empty mapping declares that there are no columns."""
    assert columns_from(None, WHERE) is None
    assert columns_from({}, WHERE) == ()


def test_arrow_schema_tells_nullability_and_comments() -> None:
    """Nullability and the comment of each field of a pyarrow schema are kept."""
    schema = pa.schema(
        [
            pa.field("user_id", pa.int64(), nullable=False, metadata={"comment": "From the CRM."}),
            pa.field("email", pa.string(), metadata={b"description": "größe".encode(), b"comment": b"second"}),
            pa.field("broken", pa.string(), metadata={b"comment": b"\xff"}),
        ]
    )
    columns = columns_from(schema, WHERE)
    assert columns is not None
    assert [(c.nullable, c.description) for c in columns] == [
        (False, "From the CRM."),
        (True, "größe"),
        (True, "\ufffd"),
    ]


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ([Column("a"), Column("a")], "names column 'a' twice"),
        (pa.schema([("a", pa.int64()), ("a", pa.string())]), "names column 'a' twice"),
        ({"a": "Sting"}, "column 'a' of table 'users' has the unknown dtype 'Sting'; did you mean 'String'?"),
        ({5: "Int64"}, "a column name that is no text: 5"),
        (["a"], "holds 'a'; write Column(name, dtype)"),
        ([("a", "Int64")], "write Column(name, dtype)"),
        ("a Int64", "is str"),
        (5, "is int"),
    ],
)
def test_bad_schemas(schema: Any, says: str) -> None:
    """What is no schema is an error that names the table and what was found."""
    with pytest.raises(DeclarationError) as caught:
        columns_from(schema, WHERE)
    assert says in str(caught.value)
    assert "'users'" in str(caught.value)


def test_a_dtype_may_be_left_to_the_data() -> None:
    """A column without a dtype leaves the schema unknown, as only the data have all of it."""
    columns = columns_from({"a": None, "b": "Int64"}, WHERE)
    assert TableMetadata(name="users", kind="martian", columns=columns).schema is None
    assert TableMetadata(name="users", kind="martian", columns=columns[1:] if columns else ()).schema == {
        "b": pl.Int64()
    }
    assert TableMetadata(name="users", kind="martian").schema is None


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Column(5), "the name of a column is text"),  # type: ignore[arg-type]
        (lambda: Column("a", "Int46"), "did you mean 'Int64'?"),
        (lambda: Column("a", description=None), "description of column 'a' is NoneType"),  # type: ignore[arg-type]
        (lambda: Column("a", nullable="yes"), "nullable of column 'a' is 'yes'"),  # type: ignore[arg-type]
        (lambda: Column("a", tags=(1,)), "one of the tags of column 'a' is int"),  # type: ignore[arg-type]
        (lambda: TableMetadata(name="", kind="k"), "cannot be the name of a table"),
        (lambda: TableMetadata(name="a", kind="k", database=""), "cannot be the name of a database"),
        (lambda: TableMetadata(name="a", kind="k", owner=3), "owner of table 'a' is int"),  # type: ignore[arg-type]
        (lambda: TableMetadata(name="a", kind="k", tags=5), "tags of table 'a' is int"),  # type: ignore[arg-type]
        (lambda: TableMetadata(name="a", kind="k", examples=[1]), "examples of table 'a' is list"),  # type: ignore[arg-type]
    ],
)
def test_bad_values(make: Any, says: str) -> None:
    """A value of the wrong kind is an error that names its field and its owner."""
    with pytest.raises(DeclarationError) as caught:
        make()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("pii", ("pii",)), ("", ()), (None, ()), (["a", "b", "a"], ("a", "b")), ({"x": 1}, ("x",)), ((), ())],
)
def test_tags(given: Any, kept: tuple[str, ...]) -> None:
    """Tags keep their order without repeats; a single text is one tag, not its letters."""
    assert check_texts(given, "tags", WHERE) == kept


def test_declarations_are_frozen() -> None:
    """Neither columns nor metadata can be changed."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Column("a").name = "b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        TableMetadata(name="a", kind="k").owner = "x"  # type: ignore[misc]


def test_kinds_are_open() -> None:
    """The named kinds are texts, and any other text is a kind as well."""
    assert TableType.DELTA == "delta"
    assert TableMetadata(name="a", kind="martian").kind == "martian"


@pytest.mark.parametrize("name", ["with space", "", " padded", "a\nb", "größe", "<b>"])
def test_data_name_columns_as_they_like(name: str) -> None:
    """Any text is the name of a column, since data come with such names."""
    assert Column(name).name == name
