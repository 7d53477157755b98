"""Locations and hosts in them: whether one is a store, or this machine. Nothing is looked up, their text says so."""

from __future__ import annotations

import functools
import ipaddress
import re
import socket
import unicodedata
from urllib.parse import unquote

_AUTHORITY = re.compile(r"[A-Za-z][\w+.-]*:[/\\]*([^/\\?#]*)")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_LOCAL_NAMES = frozenset({"localhost.localdomain", "ip6-localhost", "ip6-loopback"})
# Prefixes of IPv6 whose last 32 bits are an address of IPv4: compatible, mapped, translated, and NAT64.
_HOLD_IPV4 = tuple(
    ipaddress.IPv6Network(text) for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")
)
_THIS_HOST = ipaddress.IPv4Network("0.0.0.0/8")


def is_remote(uri: str) -> bool:
    """Tell whether a location is in a store rather than in the file system."""
    return bool(re.match(r"[A-Za-z][\w+.-]+://", uri)) and not uri.startswith("file://")


def user_of(url: str) -> str:
    """Return what stands before the host of a URL: a name, and perhaps a password."""
    found = _AUTHORITY.match(url)
    return found[1].rpartition("@")[0] if found else ""


def host_of(url: str) -> str:
    """Return the host of a URL as libraries read it, which is not always as it is written.

    They decode escapes, fold letters and digits of other scripts, leave out tabs and line breaks, take a backslash for
    a slash, and a final dot for nothing.
    """
    found = _AUTHORITY.match(re.sub(r"[\t\r\n]", "", url).strip())
    host = found[1].rpartition("@")[2] if found else ""
    host = f"{host.partition(']')[0]}]" if host.startswith("[") else host.partition(":")[0]
    host = unquote(host)
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:  # a label that is empty, too long or not allowed
        host = unicodedata.normalize("NFKC", host)
    return host.casefold().rstrip(".")


@functools.lru_cache(maxsize=1024)
def is_this_machine(url: str) -> bool:
    """Return whether the host of a URL is this machine: by a name that stands for it, or by an address of its own loop.

    Addresses count in every form that libraries take: ``127.1``, ``0x7f.0.0.1``, ``2130706433``, ``[::1]``,
    ``[::ffff:127.0.0.1]``. What other addresses the machine has is not known here.
    """
    host = host_of(url)
    if host.rpartition(".")[2] == "localhost" or host in _LOCAL_NAMES or host in _own_names():
        return True
    if host.startswith("["):
        return _is_own_v6(host.strip("[]").partition("%")[0])
    number = _v4_number(host)
    return number is not None and _is_own_v4(ipaddress.IPv4Address(number))


@functools.cache
def _own_names() -> frozenset[str]:
    name = socket.gethostname().casefold().rstrip(".")
    return frozenset({name, name.partition(".")[0], f"{name}.local"} - {"", ".local"})


def _v4_number(host: str) -> int | None:
    """Return the number of an address of IPv4 with one to four parts, each decimal, octal or hexadecimal."""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        *first, last = [_number(part) for part in parts]
    except ValueError:  # an octal number with an 8 or a 9
        return None
    room = 8 * (4 - len(first))
    if last >> room or any(part > 255 for part in first):
        return None
    return sum(part << 8 * (3 - i) for i, part in enumerate(first)) + last


def _number(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") and text != "0" else 10)


def _is_own_v4(address: ipaddress.IPv4Address) -> bool:
    return address.is_loopback or address in _THIS_HOST


def _is_own_v6(text: str) -> bool:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified:
        return True
    inner = address.sixtofour
    if any(address in network for network in _HOLD_IPV4):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner is not None and _is_own_v4(inner)
