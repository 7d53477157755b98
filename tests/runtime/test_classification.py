"""Which columns are hidden, and what of texts and parameters goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import Catalog, Column, DeltaTable, ParquetTable, register_static_table, table
from lakecat.config import LakecatConfig, use_config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.finding(10)
@pytest.mark.parametrize(
    ("classification", "public", "shown"),
    [
        ("pii", None, False),
        ("Public", None, True),
        (" public ", None, True),
        ("", None, True),
        ("   ", None, True),
        ("publicly known", None, False),
        ("internal", ["Internal "], True),
        ("public", ["internal"], False),
        ("public", [], False),
    ],
)
def test_what_is_public(
    classification: str, public: list[str] | None, shown: bool, parquet: Path, tmp_path: Path
) -> None:
    """A column shows its values if it has no classification, or one that the environment declares public."""
    register_static_table(ParquetTable("users", uri=parquet), schema=[Column("country", classification=classification)])
    given: dict[str, Any] = {} if public is None else {"public_classifications": public}
    with use_config(LakecatConfig(root=str(tmp_path), **given)):
        country = (Catalog().describe_table("users").columns or ())[1]
    assert ((country.statistics is not None), not getattr(country, "hidden", False)) == (shown, shown)


@pytest.mark.finding(10)
def test_an_environment_that_cannot_be_read_makes_nothing_public(
    parquet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not known what is public, nothing is but what has no classification."""
    monkeypatch.setenv("LAKECAT_ENV", "staging")
    register_static_table(ParquetTable("users", uri=parquet), schema=[Column("country", classification="public")])
    number, country = Catalog().describe_table("users").columns or ()
    assert number.statistics is not None
    assert country.statistics is None


@pytest.mark.finding(10)
@pytest.mark.parametrize(
    ("dtype", "text"),
    [
        (pl.Enum(["secret"]), "Enum(…)"),
        (pl.List(pl.Enum(["secret"])), "List(Enum(…))"),
        (pl.Struct({"a": pl.List(pl.Enum(["secret"])), "c": pl.Int8}), "Struct({'a': List(Enum(…)), 'c': Int8})"),
        (pl.Array(pl.Enum(["secret"]), 3), "Array(Enum(…), 3)"),
        (pl.Datetime("us", "UTC"), "Datetime(time_unit='us', time_zone='UTC')"),
    ],
)  # fmt: skip
def test_categories_are_values(dtype: pl.DataType, text: str) -> None:
    """The dtype of a hidden column shows no categories, at any depth; that of another shows all."""
    table(name="t", schema=[Column("a", dtype, classification="pii"), Column("b", dtype)])(lambda: None)
    hidden, shown = Catalog().describe_table("t").columns or ()
    assert hidden.dtype == text
    assert shown.dtype == str(dtype)


@pytest.mark.finding(10)
@pytest.mark.parametrize(
    ("parameter", "hidden"),
    [
        ("email", True),
        ("emails", True),
        ("min_email", True),
        ("emailLike", True),
        ("EMAIL", True),
        ("e_mail", True),
        ("eMail", True),
        ("firstname", True),
        ("one_mail", False),
        ("mail", False),
        ("first_name_of_user", True),
        ("name_first", False),
        ("female", False),
    ],
)
def test_parameters_of_hidden_columns(parameter: str, hidden: bool) -> None:
    """A parameter that holds the words of a hidden column shows no default; its snippet has no example and no mark."""
    space: dict[str, Any] = {"__name__": __name__}
    exec(f"def f({parameter}: str = 'canary'): ...", space)
    columns = [Column("email", "String", classification="pii"), Column("first_name", "String", classification="pii")]
    table(name="t", schema=columns, examples={parameter: "canary"})(space["f"])
    found = Catalog().describe_table("t")
    assert ("canary" in repr(found)) is not hidden
    assert found.parameters[0].default == ("…" if hidden else "'canary'")
    if hidden:
        assert not found.snippets[0].verified


@pytest.mark.finding(10)
def test_a_source_may_classify_its_own_columns() -> None:
    """The classification of a third party's source counts, unless the author says something else."""

    class Store:
        kind = "own"

        def scan(self, **params: Any) -> pl.LazyFrame:
            return pl.LazyFrame({"a": [1]})

        def schema(self) -> pl.Schema:
            return pl.Schema({"a": pl.Enum(["canary"])})

        def columns(self) -> tuple[Column, ...]:
            return (Column("a", pl.Enum(["canary"]), classification="pii"),)

        def facts(self) -> list[Any]:
            return []

        def change_token(self) -> None:
            return None

    register_static_table(Store(), "believed")
    register_static_table(Store(), "overruled", schema=[Column("a", classification="public")])
    believed, overruled = (Catalog().describe_table(n).columns or () for n in ("believed", "overruled"))
    assert (believed[0].classification, believed[0].dtype) == ("pii", "Enum(…)")
    assert "canary" in overruled[0].dtype


@pytest.mark.finding(10)
def test_what_fails_before_a_source_classifies(caplog: pytest.LogCaptureFixture) -> None:
    """The text of an exception is not logged where the source says only later that a column of it is hidden."""

    class Store:
        kind = "own"

        def scan(self, **params: Any) -> pl.LazyFrame:
            return pl.LazyFrame({"a": [1]})

        def schema(self) -> None:
            return None

        def parameters(self) -> tuple[Any, ...]:
            raise ValueError("a: canary")

        def columns(self) -> tuple[Column, ...]:
            return (Column("a", pl.Int64, classification="pii"),)

        def facts(self) -> list[Any]:
            raise ValueError("a: canary")

        def change_token(self) -> None:
            return None

    register_static_table(Store(), "t")
    found = Catalog().describe_table("t")
    details = [problem.detail for problem in found.problems]
    assert details == ["asking for its parameters raised ValueError", "asking for its facts raised ValueError"]
    assert [record.getMessage() for record in caplog.records] == [f"table 't': {detail}" for detail in details]
    assert "canary" not in repr(found)


@pytest.mark.finding(10)
def test_errors_of_reading_hold_no_value(hive: Path, tmp_path: Path) -> None:
    """Neither the sentence of a strict check nor the path of a partition tells a value, nor does the audit log."""
    columns = [Column("country", pl.Enum(["canary"]), classification="pii"), Column("user_id", "Int8")]
    register_static_table(ParquetTable("users", uri=hive, partitioning=["country"]), schema=columns)
    register_static_table(DeltaTable("gone", uri=hive / "country=canary" / "x"), schema=columns)
    table(name="f", schema=columns[:1])(lambda country="x": pl.LazyFrame(schema={"country": pl.Enum(["canary-2"])}))
    log = tmp_path / "audit.jsonl"
    said = []
    with use_config(LakecatConfig(root=str(tmp_path), checks="strict", audit_log=log)):
        for name, params in (("users", {}), ("gone", {}), ("f", {"country": "canary"})):
            with pytest.raises(Exception) as caught:  # noqa: PT011 (each another one)
                Catalog().table(name, **params)
            said.append(str(caught.value))
    assert "declared as Enum(…), and the data have" in said[0]
    assert "country=***" in said[1]
    assert "declared as Enum(…)" in said[2]
    assert "canary" not in "\n".join([*said, log.read_text(encoding="utf-8")])
