"""No credential gets out: a canary in storage options and locations is in nothing that is shown."""

from __future__ import annotations

import json
import pickle
from typing import Any

import polars as pl
import pytest

from lakecat import (
    Catalog,
    DeltaTable,
    LakecatConfig,
    ParquetTable,
    SchemaMismatchError,
    SourceError,
    register_static_table,
    table,
    use_config,
)
from lakecat.introspect import change_token
from lakecat.registry import current_registry
from lakecat.sources.location import secrets_in

CANARY = "CANARY0123456789"


@pytest.mark.parametrize(
    "uri",
    [f"s3://KEY:{CANARY}@bucket/x", f"s3://bucket/x?sig={CANARY}", "s3://bucket/x", "/nowhere/x"],
    ids=["user part", "query", "options alone", "local"],
)
@pytest.mark.parametrize("kind", [DeltaTable, ParquetTable])
def test_no_secret_gets_out(kind: type, uri: str, capfd: pytest.CaptureFixture[str]) -> None:
    """No value of a secret option and no credential of a URI is in a repr, exception, problem, fact, export or log."""
    options: dict[str, Any] = {
        "aws_access_key_id": CANARY,
        "aws_secret_access_key": CANARY,
        "aws_endpoint_url": "http://127.0.0.1:9",
        "aws_allow_http": "true",
        "azure_storage_account_key": CANARY,
        "aws_region": "eu-north-1",
        "max_retries": "0" if kind is DeltaTable else 0,
    }
    source = kind("t", uri=uri, storage_options=options)
    register_static_table(source)
    catalog = Catalog()
    shown = [repr(source), str(source), repr(source.storage_options), str(vars(source)["storage_options"])]
    shown += [repr(catalog.registry.get("t").metadata), repr(catalog), str(change_token(catalog.registry.get("t")))]
    for ask in (lambda: catalog.describe_table("t"), lambda: catalog.table("t")):
        try:
            shown.append(repr(ask()))
        except SourceError as error:
            shown.append(repr(error))
    assert catalog.describe_table("t").problems != ()
    shown.append(json.dumps(catalog.export_catalog_metadata()))
    captured = capfd.readouterr()
    shown += [captured.out, captured.err]
    assert [text for text in shown if CANARY in text] == []
    assert any("aws_region" in text for text in shown)


def test_secrets_in_the_text_of_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a library puts an option's value or a signed URL into its error, it is removed from ours."""
    import deltalake

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(f"\x1b[31m401\x1b[0m for https://x.example/a?sig={CANARY}: key {CANARY}\n   0: backtrace")

    monkeypatch.setattr(deltalake, "DeltaTable", refuse)
    register_static_table(DeltaTable("t", uri="s3://bucket/t", storage_options={"aws_secret_access_key": CANARY}))
    with pytest.raises(SourceError) as caught:
        Catalog().table("t")
    assert str(caught.value) == "table 't' cannot be read: access is denied (401 for https://x.example/a?*** key ***)"
    assert caught.value.__cause__ is None
    (problem,) = Catalog().describe_table("t").problems
    assert CANARY not in repr(problem)
    assert "backtrace" not in problem.detail


def test_storage_options_are_not_pickled() -> None:
    """Options that may hold secrets do not end in a file by accident."""
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(DeltaTable("t", uri="x", storage_options={"aws_secret_access_key": CANARY}))


@pytest.mark.parametrize("name", ["token", "password", "api_key"])
def test_the_dtype_of_a_column_is_no_secret(name: str) -> None:
    """A source holds its schema; that a column is called like an option does not make "String" a secret."""
    table(name="with_token", schema={name: "String"})(lambda: pl.LazyFrame({name: [1]}))
    with use_config(LakecatConfig(checks="strict")), pytest.raises(SchemaMismatchError, match="String"):
        Catalog().table("with_token")
    assert secrets_in(current_registry().get("with_token").source) == ()
