"""Secrets taken out of texts that others wrote: errors of libraries, of users' code, of stores.

Two ways, as neither is enough. By *value*: what the configuration, the environment and registered sources hold is known
to be secret, however it is written. By *shape*: what stands behind a name such as ``password``, in a URL's user part
or query, or looks like the tokens of well-known services.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import re
import threading
import types
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MASK = "***"
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
# In options, which are few and known, rather a name too many.
_SECRET_OPTION = re.compile(
    r"secret|token|pass|pwd|credential|key|sas|signature|auth|bearer|connection|cookie", re.IGNORECASE
)
_SECRET_VARIABLE = re.compile(
    r"(^|_)(SECRET|TOKEN|PASSWORD|PASSWD|PWD|PASSPHRASE|CREDENTIALS?|(API|ACCESS|ACCOUNT|PRIVATE|MASTER|SHARED)_?KEY"
    r"|SAS|CONNECTION_STRING|DSN|DATABASE_URL)(_|$)",
    re.IGNORECASE,
)
_PLAIN_VALUE = re.compile(r"|true|false|none|null|yes|no|\d{1,5}|\d+(\.\d+)?(ms|s|m|h)", re.IGNORECASE)
_SHORT = 8
"""Known values that are shorter count as whole words alone, or a password ``lake`` would eat half of all texts."""

_KEY = r"""(?:
    (?<![\w.])[\w.-]{0,60}?(?:
        secrets? | token | passwords? | passwd | passphrase | passcode | credentials? | apikey
        | (?:secret[ _-])?
          (?:api|access|account|private|secret|shared|signing|encryption|master|client|storage|ssh|auth|session|sas)
          [ _-]?key(?:[ _-]?id)?
        | connection[ _-]?string | session[ _-]?id | (?:access|amz)[_-]?signature
    )
    | (?<![A-Za-z0-9])(?:[\w.-]{0,60}[_.-])?(?:pass | pwd | sas | sig | auth | cookie | dsn)
    )(?:[ ._-]?(?:value | text | hash | base64 | b64))?(?:[_-]?[0-9]{1,3})?"""
# What follows a key in a sentence rather than in a setting: "token: expected ')'", "password: must be text".
_SENTENCE = (
    r"(?!(?:must|is|are|was|has|have|not|no|none|null|expected|missing|invalid|required|set|give|the|an?|cannot|could"
    r"|should|may|for|from|in|of|to|true|false|unknown|empty|denied|check)(?=[,.;:)]?(?:\s|\Z)))"
)
_QUOTED = r"""[A-Za-z]{0,2}(?P<q>\\*["'`])(?:(?!(?P=q))(?:\\.|.))*(?:(?P=q)|\Z)"""
_BARE = r"(?:[|>][+-]?[ ]*\n\s*)?[^\s,;&<>\"'`)\]}]+"
_TEXT = r"""\"(?:\\.|[^"\\])*(?:"|\Z) | '(?:\\.|[^'\\])*(?:'|\Z)"""
# A list, a mapping or a call, such as SecretStr('…'), with what is in it and one more in that.
_HELD = (
    rf"""[\w.]{{0,40}}[(\[{{](?:[^()\[\]{{}}"'] | {_TEXT} | [(\[{{](?:[^()\[\]{{}}"'] | {_TEXT})*[)\]}}])*[)\]}}]?"""
)
_FLAGS = re.IGNORECASE | re.VERBOSE | re.DOTALL


def _hide(found: re.Match[str]) -> str:
    return f"{found['key']}{_MASK}"


_SHAPES: tuple[tuple[re.Pattern[str], Any], ...] = (
    (
        re.compile(r"-----BEGIN[ ][\w ]*PRIVATE[ ]KEY(?:[ ]BLOCK)?-----.*?(?:-----END[ ][\w ]*-----|\Z)", _FLAGS),
        _MASK,
    ),
    # Headers, up to the end of the line or of the text that holds them.
    (
        re.compile(
            r"""(?P<key>\b(?:proxy-)?authorization\\*["']?\s*[=:,]\s*\(?(?:b?\\*["'])?|\b(?:set-)?cookie\\*["']?\s*:\s*"""
            r"""(?:b?\\*["'])?)(?!none\b|null\b)[^\r\n"'\\]+""",
            _FLAGS,
        ),
        _hide,
    ),
    # key=value, key: value, 'key': 'value', --key value, and what JSON inside of JSON makes of them.
    (
        re.compile(
            rf"""(?P<key>(?<!unexpected[ ])(?<!expected[ ]){_KEY}(?:\[[^\[\]\n]{{0,40}}\])?(?:\\*["'`]|%2[27])?
            \s*(?:=>|:=|==?|%3[ad]|\\u003[ad]|:(?P<prose>\s)?+)\s*)
            (?:{_QUOTED} | {_HELD} | (?(prose){_SENTENCE})(?:(?:bearer|basic|token|digest|negotiate)\s+)?{_BARE})""",
            _FLAGS,
        ),
        _hide,
    ),
    (re.compile(rf"""(?P<key>(?<![\w-])--?{_KEY}\s+)(?:{_QUOTED} | (?!-){_SENTENCE}{_BARE})""", _FLAGS), _hide),
    # ('key', 'value'), as items of mappings and headers are written, and <key>value</key>.
    (
        re.compile(
            rf"""(?P<key>(?:\(|(?<=\[)\[|(?<=,[ ])\[)\s*b?\\*["']{_KEY}\\*["']\s*,\s*){_QUOTED}(?=\s*[)\]])""",
            _FLAGS,
        ),
        _hide,
    ),
    (re.compile(rf"(?P<key><{_KEY}(?:\s[^<>]*)?>)[^<]+", _FLAGS), _hide),
    # Authorization schemes.
    (
        re.compile(
            r"\b(?P<key>bearer\s+)(?!(?:tokens?|auth\w*|is|are|was|has|of|and|or|the|not|schemes?|must|for)\b)"
            r"[\w.~+/=-]{4,}",
            _FLAGS,
        ),
        _hide,
    ),
    (re.compile(r"\b(?P<key>(?i:basic)\s+)(?=[\w+/]*[A-Z0-9+/=])(?!(?i:auth))[A-Za-z0-9+/]{6,}={0,2}(?![\w/])"), _hide),
    # Tokens of well-known services.
    (
        re.compile(
            r"""\b(?:A(?:KIA|SIA|BIA|CCA|GPA|IDA|ROA|NPA|NVA)[A-Z0-9]{12,} | gh[pousr]_\w{16,} | github_pat_\w{16,}
            | glpat-[\w-]{16,} | xox[a-z]-[\w-]{8,} | xapp-[\w-]{8,} | AIza[\w-]{30,} | ya29\.[\w-]{10,}
            | eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3} | [sr]k[_-](?:live|test|proj|ant|or)[\w-]{10,} | sk-\w{20,}
            | npm_\w{30,} | pypi-[\w-]{16,} | hf_\w{20,} | dapi[0-9a-f]{32}\S{0,3} | hv[sb]\.[\w-]{16,}
            | SG\.[\w-]{16,}\.[\w-]{16,} | do[opr]_v1_[0-9a-f]{32,} | dckr_pat_[\w-]{16,})""",
            re.VERBOSE,
        ),
        _MASK,
    ),
    # The secret of an AWS key, which has no mark: forty letters and digits of three sorts.
    (
        re.compile(
            r"(?<![\w+/=.-])(?=[A-Za-z0-9/+]*[A-Z])(?=[A-Za-z0-9/+]*[a-z])(?=[A-Za-z0-9/+]*\d)"
            r"[A-Za-z0-9+][A-Za-z0-9/+]{39}(?![\w+/=-])"
        ),
        _MASK,
    ),
    (re.compile(r"(?P<key>\bhooks\.slack\.com/\w+/)[\w/-]+"), _hide),
    # user:password@host without a scheme.
    (re.compile(r"(?<![\w/@.+-])(?P<key>)[\w.+-]+:[^\s@/:'\",]{3,}(?=@[\w-])"), _hide),
)
_URL = re.compile(r"\b[A-Za-z][\w+.-]{0,30}://[^\s'\"<>]+")

_lock = threading.Lock()
_held: set[str] = set()


def without_ansi(text: str) -> str:
    """Return text without the colour codes of terminals."""
    return _ANSI.sub("", text)


def text_of(error: BaseException) -> str:
    """Return an error's text; ``""`` where that fails too, as it may in user code."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (see above)
        return ""


def secrets_of(options: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the values of options whose names say that they must never be shown, the longest first."""
    found = {plain_value(value) for name, value in (options or {}).items() if _is_secret_option(str(name))}
    return tuple(sorted((text for text in found if len(text) > 2), key=len, reverse=True))


@functools.lru_cache(maxsize=4096)
def _is_secret_option(name: str) -> bool:
    return _SECRET_OPTION.search(name) is not None


def plain_value(value: Any) -> str:
    """Return the text of an option's value; of a pydantic secret, what it keeps."""
    return str(value.get_secret_value() if _is_secret(value) else value)


def _is_secret(value: object) -> bool:
    return hasattr(type(value), "get_secret_value")


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether the name of an option, parameter or attribute says that its value must not be shown."""
    return bool(re.search(rf"(?:{_KEY})\Z", name, _FLAGS))


def keep_secret(values: Iterable[object]) -> None:
    """Let each text that is redacted from now on, by whomever, be rid of these values. Only short ones are left out."""
    found = {text for value in values if len(text := str(value)) > 2 and not _PLAIN_VALUE.fullmatch(text)}
    with _lock:
        _held.update(found)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return text in which secrets are ``***``, and without colours of terminals.

    Taken out are ``secrets``, the values that :func:`keep_secret` was told, those of the environment's variables whose
    names say so, and whatever looks like a secret: the user part and query of a URL, the value of a name such as
    ``password`` in any common notation, and the tokens of well-known services.

    Args:
        text: A text.
        secrets: Values that are taken out wherever they stand, in the middle of a word too.
    """
    text = without_ansi(text)
    for secret in sorted({*secrets} - {""}, key=len, reverse=True):
        for form in _forms(secret):
            text = text.replace(form, _MASK)
    with _lock:
        held = frozenset(_held)
    if pattern := _pattern(held | _of_the_environment(tuple(os.environ.items()))):
        text = pattern.sub(_MASK, text)
    text = _URL.sub(lambda found: safe_url(found[0]), text)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def secret_parts(url: str) -> tuple[str, ...]:
    """Return what of a URL must never be shown: user part, query and fragment; all of one that is malformed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return (url,)
    user = parts.netloc.rpartition("@")[0]
    return tuple(part for part in (user, user.partition(":")[2], parts.query, parts.fragment) if part)


def safe_url(url: str) -> str:
    """Return a URL without its user part, query and fragment."""
    scheme, _, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" not in authority and ":" in authority and "@" in rest:
        # A password with a slash in it: what stands before the last "@" is no host.
        url = f"{scheme}://{_MASK}@{rest.rpartition('@')[2]}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{scheme}://{_MASK}"
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{_MASK}@{host}" if "@" in parts.netloc else host
    query, fragment = (_MASK if part else "" for part in (parts.query, parts.fragment))
    return urlunsplit((parts.scheme, netloc, parts.path, query, fragment))


def held_secrets(source: object) -> tuple[str, ...]:
    """Return the secret values that an object holds in its attributes; no property of it is asked.

    These are secret options of mappings, texts whose attribute says so, and what URLs hold beside their place.
    """
    found: list[str] = []
    for name, value in _attributes(source):
        if isinstance(value, str):
            found += [value] if is_secret_name(name) else _parts_of(value)
        elif type(value).__module__.startswith("polars."):
            continue  # the dtype of a column that is called "token" is no secret, and a frame is no option
        elif isinstance(value, dict | types.MappingProxyType):  # others may load what they hold when they are asked
            found += secrets_of(value)
            # The text of anything else is nobody's option, and may take long or fail.
            texts = [plain_value(held) for held in value.values() if isinstance(held, str) or _is_secret(held)]
            found += [part for text in texts for part in _parts_of(text)]
        elif _is_secret(value):
            found.append(plain_value(value))
    return tuple(sorted(set(found), key=len, reverse=True))


def _attributes(source: object) -> Iterator[tuple[str, Any]]:
    """Yield the attributes that an object holds, in a dictionary or in slots; no property of it is asked."""
    attributes = getattr(source, "__dict__", None)
    yield from (
        (str(name), value) for name, value in (dict(attributes) if isinstance(attributes, dict) else {}).items()
    )
    kind: Any = type(source)
    for slot in _slots_of(kind):
        with contextlib.suppress(AttributeError):  # it holds nothing
            yield slot.__name__, slot.__get__(source)


@functools.lru_cache(maxsize=256)
def _slots_of(kind: Any) -> tuple[types.MemberDescriptorType, ...]:
    slots = (slot for above in kind.__mro__ for slot in vars(above).values())
    return tuple(slot for slot in slots if isinstance(slot, types.MemberDescriptorType))


def _parts_of(text: str) -> list[str]:
    return [part for part in secret_parts(text) if len(part) > 2] if "://" in text else []


@functools.lru_cache(maxsize=4)
def _of_the_environment(variables: tuple[tuple[str, str], ...]) -> frozenset[str]:
    found: set[str] = set()
    for name, value in variables:
        if not _SECRET_VARIABLE.search(name) or len(value) < 4 or _PLAIN_VALUE.fullmatch(value):
            continue
        # A path to a secret is none, and a URL's host is worth reading.
        if "://" in value:
            found.update(part for part in secret_parts(value) if len(part) > 3)
        elif not value.startswith(("/", "./", "~")):
            found.add(value)
    return frozenset(found)


@functools.lru_cache(maxsize=8)
def _pattern(values: frozenset[str]) -> re.Pattern[str] | None:
    """Return what matches any of the values in any of their forms, the longest first."""
    whole = {form for value in values for form in _forms(value)}
    ordered = sorted(whole, key=lambda form: (-len(form), form))
    texts = [re.escape(f) if len(f) >= _SHORT else rf"(?<!\w){re.escape(f)}(?!\w)" for f in ordered]
    return re.compile("|".join(texts)) if texts else None


def _forms(value: str) -> set[str]:
    """Return how a value may stand in a text: as it is, escaped for Python, JSON or a URL, or in base64."""
    found = {value, repr(value)[1:-1], json.dumps(value)[1:-1], ascii(value)[1:-1]}
    with_surrogates = value.encode("utf-8", "surrogatepass")
    found |= {quote(with_surrogates, safe=""), quote_plus(with_surrogates)}
    if len(value) >= _SHORT:
        found.add(base64.b64encode(with_surrogates).decode().rstrip("="))
    return found
