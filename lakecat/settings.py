"""Where the values of a configuration come from: variables, ``pyproject.toml``, arguments; and who said what."""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from lakecat.environments import DEFAULTS, ConfigurationError, Environment
from lakecat.names import near_names
from lakecat.plaintext import redact

PREFIX = "LAKECAT_"
CHOICE = "LAKECAT_ENV"
# Lakecat's own test suite reads this one, in the same process.
_NOT_SETTINGS = frozenset({"LAKECAT_REQUIRE_ALL"})
_SECRET = frozenset({"access_key_id", "secret_access_key", "session_token", "options"})
_TOLD: set[str] = set()
_OPEN = ("buckets", "storage.options")
"""Fields under which one gives names of one's own."""


def gather(
    model: type[BaseSettings], name: str | None, folder: Path | None, arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of all sources merged, and for each key who said it.

    Raises:
        ConfigurationError: A source that cannot be read, or an environment that does not exist.
    """
    here = Path.cwd()
    start = (folder or here).absolute()
    file = nearest(start)
    base = file.parent if file else start
    table, environments = _tool_table(file)
    in_file = table.pop("environment", None)
    chosen = name or os.environ.get(CHOICE) or in_file or Environment.EMBEDDED
    if chosen not in [*Environment]:
        said = "name" if name else CHOICE if os.environ.get(CHOICE) else f"environment in [tool.lakecat] of {file}"
        raise ConfigurationError(f"{said} is {chosen!r}; choose one of {', '.join(Environment)}")
    values: dict[str, Any] = {"environment": chosen}
    origins: dict[str, str] = {}
    for layer, below, origin in (
        ({key: value for key, value in DEFAULTS[chosen].items() if key == "root"}, base, "{key}"),
        (table, base, f"{{key}} in [tool.lakecat] of {file}"),
        (environments.get(chosen, {}), base, f"{{key}} in [tool.lakecat.environments.{chosen}] of {file}"),
        (_variables(model), here, "{variable}"),
        (arguments, here, "{key}"),
    ):
        values = merged(values, _placed(layer, below))
        for key in _keys(layer):
            origins[key] = origin.replace("{key}", key).replace("{variable}", variable(key))
    return values, origins


def nearest(start: Path) -> Path | None:
    """Return the nearest ``pyproject.toml``, in a folder or above it."""
    return next((f for folder in (start, *start.parents) if (f := folder / "pyproject.toml").is_file()), None)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two layers as one, in which the upper one wins, key by key at every depth."""
    both = dict(below)
    for key, value in above.items():
        old = both.get(key)
        both[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return both


def variable(key: str) -> str:
    """Return the variable that sets a field: ``LAKECAT_STORAGE__REGION`` for ``storage.region``."""
    return PREFIX + key.upper().replace(".", "__")


def field_names(model: type[BaseModel]) -> Iterator[str]:
    """Yield the fields of a model, those of a nested one as ``storage.region``."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from (f"{name}.{nested}" for nested in field_names(inner))
        else:
            yield name


def variable_names(model: type[BaseSettings]) -> dict[str, str]:
    """Return each variable with the field that it sets; ``NAME`` stands for a name of one's own."""
    fields = [name for name in field_names(model) if name != "environment"]
    return {CHOICE: "environment"} | {variable(f) + "__NAME" * (f in _OPEN): f for f in fields}


def explain(
    detail: Mapping[str, Any], values: Mapping[str, Any], origins: Mapping[str, str], model: type[BaseModel]
) -> str:
    """Return one problem that pydantic found as a sentence: who said what, and what is allowed; never a secret."""
    loc = [str(part) for part in detail["loc"]]
    key = ".".join(loc)
    value: Any = values
    for part in loc:
        value = value.get(part) if isinstance(value, Mapping) else None
    said = origins.get(key) or (variable(key) if value is None else key)
    if detail["type"] == "missing":
        return f"{variable(key)} is not set, and environment {values['environment']} has no default for {key!r}"
    if detail["type"] == "extra_forbidden":
        siblings = [f for f in field_names(model) if f.count(".") == len(loc) - 1 or "." not in f]
        near = near_names(key, siblings)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known are {', '.join(siblings)}"
        return f"unknown key {said}; {hint}"
    message = str(detail["msg"]).removeprefix("Value error, ")
    hidden = value is None or key == "storage" or not _SECRET.isdisjoint(loc)
    return f"{said}: {message}" if hidden else f"{said} is {redact(repr(value))}: {message}"


def _tool_table(file: Path | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return ``[tool.lakecat]`` without its environments, and these."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8")) if file else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML ({type(error).__name__})") from None
    tool = found.get("tool", {})
    table = tool.get("lakecat", {}) if isinstance(tool, dict) else {}
    environments = table.get("environments", {}) if isinstance(table, dict) else None
    if not isinstance(environments, dict) or not all(isinstance(one, dict) for one in environments.values()):
        raise ConfigurationError(f"[tool.lakecat] and [tool.lakecat.environments.NAME] of {file} must be tables")
    if unknown := [name for name in environments if name not in [*Environment]]:
        message = f"[tool.lakecat.environments.{unknown[0]}] of {file}: choose one of {', '.join(Environment)}"
        raise ConfigurationError(message)
    return {key: value for key, value in table.items() if key != "environments"}, environments


def unknown_variables(model: type[BaseSettings]) -> dict[str, str]:
    """Return the ``LAKECAT_*`` variables of this process that set nothing, each with a sentence; no value is told."""
    known = variable_names(model)
    whole = {name.removesuffix("__NAME") for name in known} | {f"{PREFIX}STORAGE"} | _NOT_SETTINGS
    open_ended = tuple(name.removesuffix("NAME") for name in known if name.endswith("__NAME"))
    found = {}
    for name in sorted(os.environ):
        upper = name.upper()
        if upper.startswith(PREFIX) and upper not in whole and not upper.startswith(open_ended):
            near = near_names(upper, known)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            found[name] = f"the variable {name} sets nothing that this version of lakecat knows{hint}"
    return found


def warn_of_unknown_variables(model: type[BaseSettings]) -> None:
    """Tell the logger ``lakecat`` of each variable that sets nothing, once in a process; it may be another tool's.

    Where the program gave no handler to any logger, standard error gets it.
    """
    logger = logging.getLogger("lakecat")
    for name, sentence in unknown_variables(model).items():
        if name not in _TOLD:
            _TOLD.add(name)
            record = logger.makeRecord(logger.name, logging.WARNING, __file__, 0, sentence, (), None)
            logger.handle(record)
            if logging.lastResort is not None and not _is_heard(logger):
                logging.lastResort.handle(record)


def _is_heard(logger: logging.Logger | None) -> bool:
    while logger is not None:
        if any(not isinstance(handler, logging.NullHandler) for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


def _variables(model: type[BaseSettings]) -> dict[str, Any]:
    source = EnvSettingsSource(model, env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True)
    unknown = {name.upper() for name in unknown_variables(model)}
    source.env_vars = {name: value for name, value in source.env_vars.items() if name.upper() not in unknown}
    try:
        return source()
    except SettingsError as error:
        # The error's cause holds the value, which may be secret: only the field is taken from it.
        broken = variable(str(error).partition('"')[2].partition('"')[0])
    raise ConfigurationError(
        f"{broken} cannot be read: write it as JSON, or as one variable {broken}__NAME for each name"
    )


def _keys(layer: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in layer.items():
        yield f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _keys(value, f"{before}{key}.")


def _placed(layer: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """Return a layer with its relative paths below ``base``, so that a later change of folder moves no table."""
    placed = dict(layer)
    for key in ("root", "audit_log"):
        if key in placed:
            placed[key] = _absolute(placed[key], base)
    if isinstance(buckets := placed.get("buckets"), Mapping):
        placed["buckets"] = {name: _absolute(place, base) for name, place in buckets.items()}
    return placed


def _absolute(place: object, base: Path) -> object:
    """Return a path below ``base``; what is a URL, empty or no path at all is left as it is."""
    if not isinstance(place, str | Path) or not str(place) or "://" in str(place):
        return place
    return os.path.normpath(base / Path(place).expanduser())
