"""Examine an environment: is the place reachable, may it be written, and do several writers lose nothing there?

The store is asked by deltalake first, as that is what will read, and probed with obstore. Commits of deltalake would
not do as a probe: it lists the log before each, and so looks alike on a store that refuses the second put of a key and
on one that ignores the condition.
"""

from __future__ import annotations

import importlib
import re
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lakecat.hosts import is_remote
from lakecat.options import deltalake
from lakecat.options import obstore as options_of_obstore
from lakecat.options.neutral import neutral_options
from lakecat.plaintext import plain_name, redact, safe_location, secrets_of, without_ansi
from lakecat.settings import unknown_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lakecat.config import LakecatConfig

_NOT_EXAMINED = "not examined, because of what failed before"
_STEPS = ("reachable", "credentials", "write", "conditional puts", "writers")
_RACERS = 4
_KEYS = ("in-turn", "at-once")
_INSTALL = "python -m pip install 'lakecat[s3]'"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined.

    Args:
        name: What was examined.
        ok: Whether it is as it should be; ``None`` if that is not known.
        message: What was found, and what to do; no secret.
    """

    name: str
    ok: bool | None
    message: str


def examine(config: LakecatConfig) -> tuple[Finding, ...]:
    """Examine where an environment keeps its tables. Writes a probe below the root, and deletes it again.

    Each request is bounded by the limits of the configuration; after one that fails no further step is tried.

    Args:
        config: The environment to examine.

    Returns:
        One finding for the environment, one for each variable that sets nothing, one for each step in a fixed order,
        and one for each further bucket.
    """
    where = safe_location(config.root)
    first = Finding("environment", True, f"{config.environment}: tables lie in {where}, checks are {config.checks}")
    unknown = [Finding("variables", None, sentence) for sentence in unknown_variables(type(config)).values()]
    found = list(_examine_store(config) if is_remote(config.root) else _examine_folder(config.root))
    steps = {name: Finding(name, None, _NOT_EXAMINED) for name in _STEPS} | {finding.name: finding for finding in found}
    buckets = [_examine_bucket(name, place, config) for name, place in config.buckets.items()]
    return (first, *unknown, *steps.values(), *buckets)


def _examine_store(config: LakecatConfig) -> Iterator[Finding]:
    options = deltalake.render(neutral_options(config.storage, config.root))
    trouble = _first_contact(config.root, options)
    if trouble is not None and trouble.step == "reachable":
        yield Finding("reachable", False, trouble.message)
        return
    yield Finding("reachable", True, f"{_server(config, config.root)} answers")
    if trouble is not None and trouble.step == "credentials":
        yield Finding("credentials", False, trouble.message)
        return
    if trouble is not None:
        yield Finding("write", False, trouble.message)
        return
    yield Finding("credentials", True, _whose_credentials(config))
    yield from _probe_store(f"{config.root.rstrip('/')}/{_name()}", options)


def _examine_folder(root: str) -> Iterator[Finding]:
    folder = Path(unquote(urlsplit(root).path) if root.startswith("file://") else root).expanduser().absolute()
    yield Finding("reachable", True, "a folder of this machine, no server")
    yield Finding("credentials", True, "none are needed")
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    probe = folder / _name()
    try:
        probe.mkdir(parents=True)
        yield from _probe_folder(probe)
    except OSError as error:
        yield Finding("write", False, f"the folder cannot be written: {error.strerror or type(error).__name__}")
    finally:
        shutil.rmtree(probe, ignore_errors=True)
        for parent in missing:  # what the probe made; whatever else was put there meanwhile stays
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def _examine_bucket(name: str, place: str, config: LakecatConfig) -> Finding:
    label = f"bucket {plain_name(name)}"
    if not is_remote(place):
        there = Path(place).is_dir()
        return Finding(label, True, "a folder" if there else "a folder that is not there yet; the first write makes it")
    trouble = _first_contact(place, deltalake.render(neutral_options(config.storage, place)))
    return Finding(label, trouble is None, trouble.message if trouble else f"{safe_location(place)} can be listed")


def _probe_store(uri: str, options: Mapping[str, str]) -> Iterator[Finding]:
    """Write, read and delete an object, then put one key several times with ``If-None-Match: *``."""
    try:
        obstore = importlib.import_module("obstore")
        stores = importlib.import_module("obstore.store")
    except ImportError:
        yield Finding("write", None, f"cannot be examined without obstore; install it: {_INSTALL}")
        return
    step = "write"
    try:
        # Puts of a key are not repeated: the second would be refused although the first, unheard of, had won.
        store = stores.from_url(uri, **options_of_obstore.render(options, uri, retries=False))
        obstore.put(store, "probe", b"probe", use_multipart=False)
        read = bytes(obstore.get(store, "probe").bytes())
        obstore.delete(store, "probe")
        yield Finding("write", read == b"probe", "a probe was written, read and deleted")
        step = "conditional puts"

        def put(key: str) -> bool:
            try:
                obstore.put(store, key, b"probe", mode="create", use_multipart=False)
            except obstore.exceptions.AlreadyExistsError:
                return False
            return True

        won = _race(put)
        for key in _KEYS:
            obstore.delete(store, key)
    except Exception as error:  # noqa: BLE001 - obstore's errors are known by name only, as it is optional
        ok = None if step == "conditional puts" else False
        yield Finding(step, ok, _trouble(error, options).message)
        return
    yield from _verdict(won, "puts of one key with 'If-None-Match: *'", "take a store with conditional puts")


def _probe_folder(folder: Path) -> Iterator[Finding]:
    """Write a file, then give several files one name where there is none, as deltalake does to commit."""
    (folder / "probe").write_bytes(b"probe")
    (folder / "probe").unlink()
    yield Finding("write", True, "a probe was written and deleted")

    def link(name: str) -> bool:
        staged = folder / uuid.uuid4().hex
        staged.touch()
        try:
            (folder / name).hardlink_to(staged)
        except FileExistsError:
            return False
        return True

    try:
        won = _race(link)
    except OSError as error:
        yield Finding("conditional puts", False, f"the file system has no hard links: {error.strerror}")
        yield Finding("writers", False, "commits will fail: take a file system with hard links")
        return
    yield from _verdict(won, "files given one name", "take another file system")


def _race(put: Callable[[str], bool]) -> tuple[int, int]:
    """Return how many of two puts, one after the other, were accepted, and how many of several at once."""
    first, second = _KEYS
    in_turn = sum([put(first), put(first)])
    with ThreadPoolExecutor(_RACERS) as pool:
        return in_turn, sum(pool.map(put, [second] * _RACERS))


def _verdict(won: tuple[int, int], what: str, cure: str) -> Iterator[Finding]:
    turns = f"of 2 {what} in turn {won[0]} won, of {_RACERS} at once {won[1]}"
    yield Finding("conditional puts", won == (1, 1), turns)
    if won == (1, 1):
        yield Finding("writers", True, "safe for several writers")
    elif 0 in won:
        yield Finding("writers", False, f"commits will fail: no put was accepted; {cure}")
    else:
        message = f"commits will be lost: let one process alone write here, or {cure}"
        yield Finding("writers", False, message)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What an error of the store means: which step it belongs to, and a sentence."""

    step: str
    message: str


_REACHED_NOT = (
    (r"dns error|failed to lookup|name or service not known|resolve host", "the name of the server is not known"),
    (r"connection refused", "nothing listens at the address of the server"),
    (r"certificate|tls|ssl|InvalidContentType", "no secure connection: check https and the server's certificate"),
    (r"timed ?out|deadline has elapsed|timeout", "the server does not answer in time"),
    (r"error sending request|connect error|connection (closed|reset)", "the connection to the server fails"),
    (r"scheme is not allowed|URL scheme", "http is not allowed: take https, or set storage.allow_http"),
)


def _trouble(error: BaseException, options: Mapping[str, str]) -> _Trouble:
    text = " ".join(without_ansi(str(error)).split())
    coded = re.search(r"<Code>(\w+)</Code>", text)
    code = f" ({coded[1]})" if coded else ""
    status = re.search(r"\b([45]\d\d) [A-Z][a-z]+", text)
    number = status[1] if status else ""
    if number in ("401", "403") or "lacked the necessary privileges" in text or "ExpiredToken" in code:
        return _Trouble("credentials", f"the store denies access{code}: check the keys, and what they may do")
    if "NoSuchBucket" in text:
        return _Trouble("write", "the bucket does not exist; create it, or correct its name")
    if not number:
        if re.search(r"credential|/latest/api/token|/latest/meta-data", text, re.IGNORECASE):
            return _Trouble("credentials", "no keys are configured, and this machine has no credentials of its own")
        for pattern, meaning in _REACHED_NOT:
            if re.search(pattern, text, re.IGNORECASE):
                return _Trouble("reachable", meaning)
    if number.startswith("5"):
        return _Trouble("write", f"the server fails with status {number}{code}")
    if number:
        return _Trouble("write", f"the store refuses with status {number}{code}")
    return _Trouble(
        "write", f"{type(error).__name__}: {redact(text.partition(' Debug source')[0], secrets_of(options))[:200]}"
    )


def _first_contact(uri: str, options: Mapping[str, str]) -> _Trouble | None:
    """Ask the store for something that is not there; return why that failed, if it did."""
    from deltalake.fs import DeltaStorageHandler

    try:
        DeltaStorageHandler(uri, dict(options)).get_file_info([_name()])
    except Exception as error:  # noqa: BLE001 - what deltalake raises has no common base
        return _trouble(error, options)
    return None


def _server(config: LakecatConfig, uri: str) -> str:
    return safe_location(config.storage.endpoint_url or f"the service of {urlsplit(uri).scheme}://")


def _whose_credentials(config: LakecatConfig) -> str:
    if config.storage.skip_signature:
        return "none are sent: requests are unsigned"
    if config.storage.access_key_id is not None:
        return "the configured keys are accepted"
    return "accepted; no keys are configured, so they come from storage.options or from the machine"


def _name() -> str:
    return f".lakecat-doctor-{uuid.uuid4().hex[:12]}"
