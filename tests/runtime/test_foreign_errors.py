"""Texts of exceptions of others: never in a record, and wherever else they go without secrets."""

from __future__ import annotations

import json
import logging
import traceback
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import Catalog, CatalogLoadError, LakecatError, SourceError, register_static_table, table
from lakecat.config import LakecatConfig, use_config
from lakecat.reference import CatalogReference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRETS = (
    "hunter3",
    "tok-canary",
    "AKIAIOSFODNN7EXAMPLE",
    "bear-canary",
    "opensesame99",
    "heldbysource",
    "ofaconfig77",
)
TEXT = (
    "cannot log in with password=hunter3 {'token': 'tok-canary'} AKIAIOSFODNN7EXAMPLE Bearer bear-canary "
    "https://u:hunter3@x.example/?sig=tok-canary, nor with opensesame99, heldbysource or ofaconfig77"
)


class Store:
    """A third party's source that fails."""

    kind = "own"

    def __init__(self, error: BaseException | None = None, **attributes: Any) -> None:
        self.error = error
        self.__dict__.update(attributes)

    def scan(self, **params: Any) -> pl.LazyFrame:
        if self.error is None:
            return pl.LazyFrame({"a": [1]}).select("password=hunter3")
        try:
            raise OSError(TEXT)
        except OSError as cause:
            raise self.error from cause

    def schema(self) -> None:
        return None

    def facts(self) -> tuple[()]:
        return ()

    def change_token(self) -> None:
        return None


def function() -> pl.LazyFrame:
    """Raise with secrets."""
    raise RuntimeError(TEXT)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the environment, a configuration and another table's source hold secrets that have no shape."""
    monkeypatch.setenv("LAKECAT_STORAGE__SECRET_ACCESS_KEY", "opensesame99")
    monkeypatch.setenv("LAKECAT_STORAGE__ACCESS_KEY_ID", "somebody-known")
    LakecatConfig(root=str(tmp_path), storage={"options": {"azure_storage_account_key": "ofaconfig77"}})
    register_static_table(Store(storage_options={"my_secret": "heldbysource"}), "other")


class UntoldError(Exception):
    """An exception whose text fails."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def leaks(*texts: str) -> list[str]:
    """Return which secrets texts hold."""
    return [secret for secret in SECRETS if any(secret in text for text in texts)]


@pytest.mark.finding(11)
@pytest.mark.parametrize(
    "make", [lambda: function, lambda: Store(RuntimeError(TEXT)), lambda: Store(SourceError(TEXT))]
)
def test_no_secret_of_an_exception_is_in_a_record_or_the_log(
    make: Callable[[], Any], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Pages and exports have its type alone; the log and the audit log have its text without secrets."""
    Catalog().add_table(make(), "t")
    with caplog.at_level(logging.DEBUG), use_config(LakecatConfig(root=str(tmp_path), audit_log=tmp_path / "audit")):
        shown = repr(Catalog().describe_table("t")) + json.dumps(Catalog().export_catalog_metadata())
        with pytest.raises(LakecatError) as caught:
            Catalog().table("t")
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert leaks(shown, logged, (tmp_path / "audit").read_text(encoding="utf-8"), str(caught.value)) == []
    assert "cannot log in with password=***" in logged or isinstance(make(), Store)
    assert Catalog().describe_table("t").problems != ()
    if not (isinstance(make(), Store) and type(make().error) is SourceError):
        assert "cannot log in" not in shown
        assert "RuntimeError" in shown


# A frame that fails later fails in Polars, unless it is checked.
RAISED = [
    RuntimeError(TEXT),
    KeyError(TEXT),
    TimeoutError(TEXT),
    PermissionError(13, TEXT),
    pl.exceptions.ComputeError(TEXT),
    pl.exceptions.PanicException(TEXT),
    SourceError(TEXT),
    SourceError("cannot be read", TEXT),
]


@pytest.mark.finding(11)
@pytest.mark.parametrize(
    ("error", "strict"),
    [(error, strict) for error in RAISED for strict in (False, True)] + [(None, True)],
    ids=repr,
)
def test_exceptions_that_leave_a_third_partys_source(error: BaseException | None, strict: bool, tmp_path: Path) -> None:
    """What leaves the catalog is typed, and its whole traceback, causes and all, holds no secret and shows where."""
    register_static_table(Store(error), "t", schema={"a": "Int64"})
    config = LakecatConfig(root=str(tmp_path), checks="strict" if strict else "relaxed")
    with use_config(config), pytest.raises(SourceError) as caught:
        Catalog().table("t")
    shown = "".join(traceback.format_exception(caught.value))
    # The lines of the program are its author's.
    assert leaks(str(caught.value), *(line for line in shown.splitlines() if not line.startswith("    "))) == []
    assert error is None or "test_foreign_errors.py" in shown
    assert "'t'" in str(caught.value) or isinstance(error, SourceError)


@pytest.mark.finding(11)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()], ids=repr)
def test_what_ends_the_program_passes(error: BaseException) -> None:
    """What is no error is not made one."""
    register_static_table(Store(error), "t")
    with pytest.raises(type(error)):
        Catalog().table("t")


@pytest.mark.finding(11)
def test_defaults_and_examples_that_are_secrets() -> None:
    """Of a parameter called after a secret neither default nor example is shown, nor the secret of a URL in one."""

    def log_in(db_password: str = "hunter3", url: str = "postgres://u:tok-canary@db/x") -> pl.LazyFrame:
        return pl.LazyFrame({"a": [1]})

    examples = {"db_password": "bear-canary", "url": "postgres://u:opensesame99@db/x"}
    table(examples=examples)(log_in)
    found = Catalog().describe_table("log_in")
    assert leaks(repr(found)) == []
    assert 'table("log_in", db_password=..., url=...)' in found.snippets[0].code
    assert not found.snippets[0].verified


@pytest.mark.finding(11)
def test_imports_that_fail(make_module: Any, run_python: Any) -> None:
    """The command line tells why a catalog cannot be imported, without secrets and in one line."""
    path = make_module("leaky", f"raise RuntimeError({TEXT!r})\n")
    environment = {"LAKECAT_STORAGE__SECRET_ACCESS_KEY": "opensesame99", "MY_TOKEN": "heldbysource"}
    done = run_python(
        ["-m", "lakecat", "list", "--catalog", "leaky"], cwd=path.parent, env=environment | {"X_SECRET": "ofaconfig77"}
    )
    assert done.returncode == 1
    assert leaks(done.stdout, done.stderr) == []
    assert "RuntimeError: cannot log in with password=***" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.finding(13)
@pytest.mark.parametrize("strict", [False, True])
def test_an_exception_without_a_text_that_leaves_a_source(strict: bool, tmp_path: Path) -> None:
    """What leaves the catalog is typed also where asking for the exception's own text fails."""
    register_static_table(Store(UntoldError()), "t", schema={"a": "Int64"})
    config = LakecatConfig(root=str(tmp_path), checks="strict" if strict else "relaxed")
    with use_config(config), pytest.raises(SourceError, match="'t' cannot be read: its source raised UntoldError"):
        Catalog().table("t")


@pytest.mark.finding(13)
def test_an_import_that_raises_an_exception_without_a_text(make_module: Any) -> None:
    """A catalog that cannot be imported is an error of its own also where the exception cannot be told."""
    text = "class UntoldError(Exception):\n    def __str__(self):\n        raise RuntimeError\n\n\nraise UntoldError\n"
    make_module("untold", text)
    with pytest.raises(CatalogLoadError, match="'untold' cannot be imported: UntoldError") as caught:
        CatalogReference.parse("untold").load()
    assert caught.value.line == 6
