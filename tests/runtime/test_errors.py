"""Errors: their sentences, their data, and that they survive pickling."""

from __future__ import annotations

import pickle

import pytest

from lakecat import errors

# Those that are made of data; all others are made of their sentence.
DATA: dict[str, tuple[object, ...]] = {
    "DuplicateTableError": ("users", "a.py:1", "b.py:2"),
    "TableNotFoundError": ("user", 3, ("users",)),
    "AmbiguousTableError": ("users", 3, ("crm.users", "shop.users")),
    "CatalogLoadError": ("no module", "catalog.py", 7),
}
ONE_OF_EACH = [getattr(errors, name)(*DATA.get(name, ("a sentence",))) for name in errors.__all__]


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda e: type(e).__name__)
def test_errors_survive_pickling(error: errors.LakecatError) -> None:
    """An error that crossed a process boundary has the same type, sentence and data."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.args == error.args
    assert vars(again) == vars(error)


def test_what_a_library_said_stands_apart_from_the_sentence() -> None:
    """The own sentence can be shown without the text of a library, which may quote values; both survive pickling."""
    for kind in (errors.SourceError, errors.SourceTimeoutError, errors.TableFunctionError):
        error = kind("table 'users' cannot be read", "bad value 'ann@example.com'")
        for one in (error, pickle.loads(pickle.dumps(error))):
            assert one.message == "table 'users' cannot be read"
            assert one.reason == "bad value 'ann@example.com'"
            assert str(one) == "table 'users' cannot be read (bad value 'ann@example.com')"


def test_each_error_has_a_code_of_its_own() -> None:
    """Every public error is a LakecatError, is listed, and its code, which names Sphinx's warning, is no other's."""
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert classes == set(errors.__all__)
    assert all(isinstance(error, errors.LakecatError) for error in ONE_OF_EACH)
    assert len({error.code for error in ONE_OF_EACH}) == len(ONE_OF_EACH)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            errors.TableNotFoundError("user", 3, ("users",)),
            "no table 'user' in this catalog (3 tables); did you mean 'users'?",
        ),
        (
            errors.TableNotFoundError("u", 1, ("a", "b", "c")),
            "no table 'u' in this catalog (1 table); did you mean 'a', 'b' or 'c'?",
        ),
        (errors.TableNotFoundError("u", 9), "no table 'u' in this catalog (9 tables)"),
        (
            errors.TableNotFoundError("u"),
            "no table 'u' in this catalog (0 tables); import the module that declares your tables first",
        ),
        (
            errors.DuplicateTableError("users", "a.py:1", "b.py:2"),
            "table 'users' is declared twice: at a.py:1 and at b.py:2; rename or remove one of them",
        ),
        (
            errors.DuplicateTableError("users", "a.py:1", "a.py:1"),
            "table 'users' is declared twice at a.py:1; give each pass of a loop, or call of a helper, its own name",
        ),
    ],
)
def test_sentences(error: errors.LakecatError, sentence: str) -> None:
    """A sentence says what happened, to which table, and what to do."""
    assert str(error) == sentence


@pytest.mark.parametrize(
    ("kind", "builtin"), [(errors.TableNotFoundError, LookupError), (errors.TableParameterError, TypeError)]
)
def test_errors_are_what_python_would_raise(kind: type, builtin: type) -> None:
    """Callers that know nothing of lakecat can catch the matching error of Python."""
    assert issubclass(kind, builtin)
