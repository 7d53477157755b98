"""What went wrong, from the texts of the libraries: they raise a handful of types for everything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakecat.errors import (
    AccessDeniedError,
    CommitConflictError,
    CorruptDataError,
    CorruptLogError,
    EncryptedDataError,
    LakecatError,
    MissingDataError,
    SourceError,
    SourceNotFoundError,
    SourceTimeoutError,
    UnreachableError,
    UnsupportedFeatureError,
)
from lakecat.redaction import redact, text_of, without_ansi
from lakecat.sources.base import HasFailures
from lakecat.sources.location import secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable

# What every error of a store repeats: its address, how long it took, and the limits that were set.
_NOT_CAUSES = re.compile(
    r"\b\w+://[^\s)\"']+|\bin \d[\d.]*(ns|µs|ms|s)\b|after \d+ retries.*?retry_timeout\W+\S+|retry_timeout\W+\S+"
    r"|<requestid>.*?</requestid>|<hostid>.*?</hostid>",
    re.DOTALL,
)
# Polars says with the type of some errors what is the matter.
_TYPES: tuple[tuple[type[BaseException], type[SourceError], str], ...] = (
    (TimeoutError, SourceTimeoutError, "the store did not answer in time"),
    (PermissionError, AccessDeniedError, "access is denied"),
    (ConnectionError, UnreachableError, "the store cannot be reached"),
)
# Where an error does not tell why a request failed, the time of its attempts does: a refused one takes none.
_ATTEMPTS = re.compile(r"in (\d+(?:\.\d+)?)s, after (\d+) retries.*error sending request\W*$", re.DOTALL)
_SECONDS_OF_A_TIMEOUT = 1.0
_GONE = r"(no such file|not found|nosuchkey|\b404\b|failed to fetch metadata)"
_FILE = r"(\.parquet|part-)"
# The first that fits counts. A text often names its cause inside a description of what was being done, so the causes
# that say most come first: a time-out while a log is read is a time-out.
_CAUSES: tuple[tuple[type[SourceError], str, tuple[str, ...]], ...] = (
    (
        SourceTimeoutError,
        "the store did not answer in time",
        ("operation timed out", "timed out", "deadline has elapsed"),
    ),
    (
        SourceError,
        "no room is left where it lies",
        ("no space left", r"os error (28|122)\b", "quota ?exceeded", "storage ?full", "not enough space"),
    ),
    (
        AccessDeniedError,
        "access is denied",
        (
            *(r"\b40[13]\b", "access ?denied", "forbidden", "unauthori[sz]ed", "unauthenticated", "permission denied"),
            *(
                "invalidaccesskeyid",
                "signaturedoesnotmatch",
                "no credentials",
                "credentials? (were )?not",
                "os error 13",
            ),
        ),
    ),
    (SourceNotFoundError, "there is no such bucket", ("nosuchbucket",)),
    (SourceNotFoundError, "there is nothing at its location", ("expanded paths were empty",)),
    (
        UnreachableError,
        "the store cannot be reached",
        (
            *("connection refused", "error sending request", "dns error", "failed to lookup", "tcp connect"),
            *("connection (reset|closed|aborted)", "network is unreachable", "http error", "broken pipe"),
            *(r"\b50[0234]\b", "incomplete message", "error reading a body", "end of file before message length"),
            "url scheme is not allowed",
        ),
    ),
    (
        UnsupportedFeatureError,
        "it uses a feature that cannot be read here",
        (
            *(r"unsupported\b.*features?\b", "unsupported (reader|minimum|min)"),
            *("requires reader", "reader (version|features)", "max catalog version", "catalog-managed"),
            "logicaltype union has no variant",
        ),
    ),
    (UnsupportedFeatureError, "it has times in a zone that has no name", ("unable to parse time ?zone",)),
    (EncryptedDataError, "its data are encrypted", ("encrypt", "decrypt")),
    (CommitConflictError, "another writer was first", ("commit ?failed", "conflict", "transaction failed")),
    (MissingDataError, "a data file is missing", (rf"{_GONE}.*{_FILE}", rf"{_FILE}.*{_GONE}", "no such file or dir")),
    (
        CorruptLogError,
        "its log is damaged",
        (
            *("log ?segment", "contiguous commit", "delta log", "_delta_log", "no table metadata", "checkpoint"),
            *("no protocol", "invalid protocol", "missing (metadata|protocol)", "kernel error"),
            *("invalid json", "expected value", "eof while parsing"),
        ),
    ),
    (
        CorruptDataError,
        "its data are damaged",
        (
            *("parquet", "out of spec", "thrift", "page (header|integrity)", "corrupt", "magic", "footer", "column"),
            *("snappy", "zstd", "lz4", "brotli", "utf-?8", "repetition level", r"unwrap\(\)", "expected length"),
        ),
    ),
)


def is_failure(error: BaseException) -> bool:
    """Return whether a library failed, rather than that the program is to end.

    A panic of Rust code is a BaseException, and each extension module has a class of its own for it.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def typed_error(error: BaseException, *, table: str, clean: Callable[[BaseException], str]) -> SourceError:
    """Return an error of a library as the one of lakecat that says what went wrong.

    Args:
        error: What the library raised, a Polars panic included.
        table: The name of the table, for the sentence.
        clean: Returns an error's text without secrets, colours and backtraces.
    """
    if isinstance(error, SourceError):
        return error
    for raised, kind, sentence in _TYPES:
        if isinstance(error, raised):
            return kind(f"table {table!r} cannot be read: {sentence}", clean(error))
    text = without_ansi(text_of(error)).casefold()
    attempts = _ATTEMPTS.search(text)
    if attempts and float(attempts[1]) / (int(attempts[2]) + 1) >= _SECONDS_OF_A_TIMEOUT:
        return SourceTimeoutError(f"table {table!r} cannot be read: the store did not answer in time", clean(error))
    text = _NOT_CAUSES.sub(" ", text)
    for kind, sentence, patterns in _CAUSES:
        if re.search("|".join(patterns), text, re.DOTALL):
            return kind(f"table {table!r} cannot be read: {sentence}", clean(error))
    return SourceError(f"table {table!r} cannot be read: {type(error).__name__}", clean(error))


def failure_of(error: BaseException, *, source: object, table: str) -> LakecatError:
    """Return what a source or its frame raised as an error of lakecat, with lakecat's own sentence.

    The errors of a third party's source keep their type in the sentence, and their text, without secrets, as reason.

    Raises:
        BaseException: The error itself, if it says that the program is to end.
    """
    if isinstance(error, LakecatError):
        return error
    if not is_failure(error):
        raise error
    if isinstance(source, HasFailures):
        return source.failure(error)
    reason = " ".join(redact(text_of(error), secrets_in(source)).split())
    for raised, kind, sentence in _TYPES:
        if isinstance(error, raised):
            return kind(f"table {table!r} cannot be read: {sentence}", reason)
    return SourceError(f"table {table!r} cannot be read: its source raised {type(error).__name__}", reason)
