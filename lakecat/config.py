"""The configuration of a program: which environment, where its tables live, and how to reach the place.

Sources, the first that says something wins: arguments, ``LAKECAT_*`` variables, ``[tool.lakecat.environments.NAME]``
and ``[tool.lakecat]`` of the nearest ``pyproject.toml``, the defaults of the environment.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from lakecat.environments import DEFAULTS, ConfigurationError, Environment, broken_rules
from lakecat.errors import DeclarationError
from lakecat.names import check_name, near_names
from lakecat.options import neutral as limits
from lakecat.redaction import keep_secret, secrets_of
from lakecat.settings import PREFIX, explain, gather, merged, nearest, warn_of_unknown_variables

__all__ = ["ConfigurationError", "Environment", "LakecatConfig", "StorageConfig", "current_config", "use_config"]


def _check_options(options: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    try:
        limits.check_options({name: value.get_secret_value() for name, value in options.items()}, "the environment")
    except DeclarationError as error:
        message = str(error)
    else:
        return MappingProxyType(dict(options))
    raise ValueError(message)


_Seconds = Annotated[float, Field(gt=0, le=3600)]
_Options = Annotated[Mapping[str, SecretStr], AfterValidator(_check_options), PlainSerializer(dict)]
_Places = Annotated[
    Mapping[str, str], AfterValidator(lambda found: MappingProxyType(dict(found))), PlainSerializer(dict)
]
_Classes = Annotated[
    tuple[str, ...], AfterValidator(lambda found: tuple(dict.fromkeys(name.strip().casefold() for name in found)))
]
_Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(lambda found: found.upper() if isinstance(found, str) else found),
]


class _Frozen(BaseModel):
    """A model whose copies share its values, as none of them can change, and which is not pickled."""

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self.__copy__()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a configuration is not pickled, as it may hold secrets; read it again in the other process")


class StorageConfig(_Frozen):
    """How to reach a store, in words of no library; :mod:`lakecat.options` renders it for each. Frozen.

    Args:
        endpoint_url: The server, if it is not the cloud's own.
        region: The region of the store.
        access_key_id: A static key, with ``secret_access_key``; without keys the machine's own credentials are used.
        secret_access_key: The secret of the static key.
        session_token: The token of a temporary key.
        allow_http: Whether ``http://`` will do.
        skip_signature: Whether requests go unsigned, as to a public bucket.
        virtual_hosted_style: Whether the bucket is a part of the host name.
        connect_timeout: The longest that a connection may take, in seconds.
        timeout: The longest that one request may take, its answer's body included, in seconds.
        max_retries: How often a failed request is repeated.
        retry_timeout: How long after the first attempt another may begin, in seconds.
        options: More options, by the names that deltalake and Polars know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None
    allow_http: bool = False
    skip_signature: bool = False
    virtual_hosted_style: bool = False
    connect_timeout: _Seconds = limits.CONNECT_TIMEOUT
    timeout: _Seconds = limits.TIMEOUT
    max_retries: Annotated[int, Field(ge=0, le=100)] = limits.MAX_RETRIES
    retry_timeout: _Seconds = limits.RETRY_TIMEOUT
    options: _Options = Field(default={}, validate_default=True)

    def model_post_init(self, context: Any, /) -> None:
        """Let no text that is redacted from now on hold a secret of this configuration."""
        given = (self.access_key_id, self.secret_access_key, self.session_token)
        keep_secret(value.get_secret_value() for value in given if value is not None)
        keep_secret(secrets_of({name: value.get_secret_value() for name, value in self.options.items()}))


class LakecatConfig(_Frozen, BaseSettings):
    """One environment: where tables live, how to reach the place, and how strict to be. Frozen.

    Made directly, it stands on its arguments and the defaults of ``environment`` alone; :meth:`from_environment` reads
    variables and files as well.

    Args:
        environment: Which defaults and rules hold.
        root: Where ``DeltaTable("user_events")`` without a location lies: a folder, or a URL of a store.
        buckets: Named places beside the root.
        storage: How to reach a store.
        checks: ``strict`` refuses to hand out a table whose data do not have the declared columns and dtypes.
        log_level: The level of lakecat's own logger, ``lakecat``; the root logger is never touched.
        audit_log: The file in which each read and change of a table is recorded, if any: a line of JSON for each.
        public_classifications: The classifications of columns whose values may be shown; of all others no statistics,
            bounds, categories, defaults or examples are, anywhere.

    Raises:
        ConfigurationError: A value that cannot be, or that the environment does not allow.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    environment: Environment = Environment.EMBEDDED
    root: Annotated[str, Field(min_length=1)]
    buckets: _Places = Field(default={}, validate_default=True)
    storage: StorageConfig = Field(default_factory=StorageConfig)
    checks: Literal["relaxed", "strict"]
    log_level: _Level
    audit_log: Path | None = None
    public_classifications: _Classes = ("public",)

    def __init__(self, *, _origins: Mapping[str, str] | None = None, **arguments: Any) -> None:
        origins = _origins or {}
        chosen = arguments.setdefault("environment", Environment.EMBEDDED)
        if chosen not in [*Environment]:
            raise ConfigurationError(f"environment is {chosen!r}; choose one of {', '.join(Environment)}")
        values = merged(DEFAULTS[chosen], arguments)
        try:
            super().__init__(**values)
        except ValidationError as error:
            found: Sequence[Mapping[str, Any]] = error.errors(
                include_url=False, include_context=False, include_input=False
            )
        else:
            found = [{"loc": key.split("."), "type": "rule", "msg": rule} for key, rule in broken_rules(self)]
        if found:  # raised out here, so that no chain of errors holds a value
            raise ConfigurationError("\n".join(explain(detail, values, origins, type(self)) for detail in found))

    @classmethod
    def from_environment(
        cls, name: str | None = None, *, folder: Path | None = None, **arguments: Any
    ) -> LakecatConfig:
        """Read the configuration of this process; nothing is written, and no store is asked.

        A ``LAKECAT_*`` variable that sets nothing is told to the logger ``lakecat``, once.

        Args:
            name: The environment; otherwise ``LAKECAT_ENV``, ``environment`` of ``[tool.lakecat]``, or embedded.
            folder: Where the search for ``pyproject.toml`` begins, upwards; the working directory.
            arguments: Values that win over every other source.

        Raises:
            ConfigurationError: A value that cannot be, with the variable or key that says so.
        """
        values, origins = gather(cls, name, folder, arguments)
        config = cls(_origins=origins, **values)
        if logging.getLevelNamesMapping()[config.log_level] <= logging.WARNING:
            warn_of_unknown_variables(cls)
        return config

    def resolve(self, name: str, *, bucket: str | None = None) -> str:
        """Return the location of a table: ``root``, or the place named ``bucket``, and the name.

        Raises:
            ConfigurationError: There is no such bucket.
            DeclarationError: The name would lead out of the place.
        """
        check_name(name)
        if any(part in ("", ".", "..") for part in name.replace("\\", "/").split("/")):
            raise DeclarationError(f"{name!r} cannot be the place of a table: it leads elsewhere; give a uri instead")
        if bucket is None:
            return f"{self.root.rstrip('/')}/{name}"
        if bucket not in self.buckets:
            near = near_names(bucket, self.buckets) or tuple(sorted(self.buckets))
            known = f"known: {', '.join(map(repr, near))}" if near else f"set {PREFIX}BUCKETS__{bucket.upper()}"
            raise ConfigurationError(f"environment {self.environment} has no bucket {bucket!r}; {known}")
        return f"{self.buckets[bucket].rstrip('/')}/{name}"

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave arguments alone: the other sources are read one by one, to know who said what."""
        return (init_settings,)


_CURRENT: ContextVar[LakecatConfig | None] = ContextVar("lakecat_config", default=None)


def current_config() -> LakecatConfig:
    """Return the configuration that holds here: that of :func:`use_config`, else the environment's.

    The environment is read again only after a ``LAKECAT_*`` variable, the working directory or the nearest
    ``pyproject.toml`` has changed.

    Raises:
        ConfigurationError: A value that cannot be.
    """
    if (chosen := _CURRENT.get()) is not None:
        return chosen
    here = Path.cwd()
    file = nearest(here)
    status = file.stat() if file else None
    stamp = (status.st_mtime_ns, status.st_size, status.st_ino) if status else None
    # By their names, as each value that is looked at is decoded anew.
    said = tuple((name, os.environ.get(name)) for name in sorted(os.environ) if name.upper().startswith(PREFIX))
    return _read(said, here, file, stamp)


@functools.lru_cache(maxsize=1)
def _read(*_seen: object) -> LakecatConfig:
    """Read the environment, once for what was seen of it."""
    return LakecatConfig.from_environment()


@contextlib.contextmanager
def use_config(config: LakecatConfig) -> Iterator[LakecatConfig]:
    """Let tables in a ``with`` block be found by ``config``. Other threads keep theirs."""
    before = _CURRENT.set(config)
    try:
        yield config
    finally:
        _CURRENT.reset(before)
