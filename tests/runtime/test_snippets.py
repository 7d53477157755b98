"""Snippets run exactly as they stand, whatever the table's name."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from lakecat import Catalog, DeltaTable, register_static_table, table
from lakecat.cli import main
from lakecat.introspect import introspect
from lakecat.reference import CatalogReference
from lakecat.registry import current_registry

NAMES = [
    "users",
    "order",
    "With Space",
    "it's",
    'say "x"',
    "back\\slash",
    "größe",
    "-x",
    "--help",
    "a.b",
    "$HOME `id`",
    "{x}",
    "1st",
    "\u202eevil",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_python_snippets_run(name: str, make_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python and SQL snippets of a table make a frame of its rows."""
    make_module(
        "snippet_names",
        "import polars as pl\nfrom lakecat import table\n"
        f"table(name={name!r}, database='db.x')(lambda: pl.LazyFrame({{'x': [41, 42]}}))\n",
    )
    CatalogReference.parse("snippet_names").load()
    for snippet in Catalog().describe_table(name).snippets:
        made: dict[str, Any] = {}
        exec(snippet.code, made)
        assert snippet.verified
        assert made["df"].collect()["x"].to_list() == [41, 42], snippet


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_shell_snippets_run(name: str, make_module: Any) -> None:
    """The command of a table, split by a shell, shows it."""
    make_module(
        "snippet_tables",
        f"import polars as pl\nfrom lakecat import table\ntable(name={name!r})(lambda: pl.LazyFrame({{'x': [1]}}))\n",
    )
    reference = CatalogReference.parse("snippet_tables")
    reference.load()
    (code,) = [
        s.code
        for s in introspect(
            current_registry().get(name), imported=reference.imported, reference=str(reference)
        ).snippets
        if s.language == "bash"
    ]
    split = subprocess.run(
        ["sh", "-c", f"lakecat() {{ printf '%s\\0' \"$@\"; }}; {code}"], capture_output=True, check=True
    )
    words = split.stdout.decode().split("\0")[:-1]
    assert words == shlex.split(code)[1:]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "(function)" in done.stdout


def test_parameters_in_snippets() -> None:
    """Examples give values to parameters; a snippet without a value for one is not called verified."""
    table(name="flights", examples={"month": 7, "carrier": "U'A"})(
        lambda month, carrier: pl.LazyFrame({"m": [month], "c": [carrier]})
    )
    table(name="unknown")(lambda month: pl.LazyFrame({"m": [month]}))
    (snippet,) = Catalog().describe_table("flights").snippets
    made: dict[str, Any] = {}
    exec(snippet.code, made)
    assert made["df"].collect().rows() == [(7, "U'A")]
    (missing,) = Catalog().describe_table("unknown").snippets
    assert not missing.verified
    assert 'table("unknown", month=...)' in missing.code


EXAMPLES = r"""
import collections, datetime, decimal, enum, fractions, ipaddress, pathlib, uuid, zoneinfo
import polars as pl
from lakecat import table


class Colour(enum.Enum):
    RED = "red"


class Outer:
    class Inner(enum.IntEnum):
        ONE = 1


class Mode(enum.Flag):
    A = 1
    B = 2


class Text(str):
    pass


def local():
    class Hidden(enum.Enum):
        X = 1

    return Hidden.X


UTC = datetime.timezone.utc
Point = collections.namedtuple("Point", "x y")
loop = []
loop.append(loop)
VALUES = {
    "date": datetime.date(2026, 1, 31),
    "datetime": datetime.datetime(2026, 1, 31, 12, 30, 5, 7),
    "utc": datetime.datetime(2026, 1, 31, tzinfo=UTC),
    "offset": datetime.datetime(2026, 1, 31, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30), "IST")),
    "zone": datetime.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Oslo")),
    "time": datetime.time(12, 30),
    "timedelta": datetime.timedelta(days=-1, microseconds=3),
    "timezone": UTC,
    "decimal": decimal.Decimal("1.10"),
    "decimal_nan": decimal.Decimal("NaN"),
    "fraction": fractions.Fraction(1, 3),
    "bytes": b"a\x00'\"",
    "none": None,
    "true": True,
    "big": 10**40,
    "complex": 1 + 2j,
    "inf": float("inf"),
    "minus_inf": float("-inf"),
    "nan": float("nan"),
    "minus_zero": -0.0,
    "text": "it's \"x\" \U0001f600 \u202e \x00 \ud800 {x}\n",
    "emoji_and_mark": "\U0001f600\u202e",
    "nested": [1, (2,), [], (), {"a": {"b": [datetime.date(2026, 1, 1), decimal.Decimal(1)]}}],
    "set": {"b", "a", "c"},
    "empty_set": set(),
    "frozen": frozenset({1, 2}),
    "empty_frozen": frozenset(),
    "path": pathlib.Path("a b/c"),
    "windows": pathlib.PureWindowsPath("c:/x"),
    "uuid": uuid.UUID(int=7),
    "member": Colour.RED,
    "inner_member": Outer.Inner.ONE,
    "flag": Mode.A,
    # No code makes these again, or none that is sure to.
    "flags": Mode.A | Mode.B,
    "local_member": local(),
    "text_subclass": Text("x"),
    "named_tuple": Point(1, 2),
    "object": object(),
    "address": ipaddress.ip_address("127.0.0.1"),
    "function": len,
    "dtype": pl.Int8,
    "expression": pl.col("a"),
    "series": pl.Series([1]),
    "frame": pl.DataFrame({"a": [1]}),
    "recursive": loop,
}
for name, value in VALUES.items():
    @table(name=name, examples={"value": value})
    def function(value, name=name):
        assert type(value) is type(VALUES[name]) and (value == VALUES[name] or value != value), (value, VALUES[name])
        return pl.LazyFrame({"x": [repr(value)]})
    del function


@table(examples={"class": 1, "a b": datetime.date(2026, 1, 1)})
def odd_names(**more):
    assert more == {"class": 1, "a b": datetime.date(2026, 1, 1)}
    return pl.LazyFrame({"x": [1]})
"""
NO_CODE = {
    *("flags", "local_member", "text_subclass", "named_tuple", "object", "address", "function"),
    *("dtype", "expression", "series", "frame", "recursive"),
}


@pytest.mark.finding(19)
def test_verified_snippets_run(make_module: Any) -> None:
    """Each snippet that is called verified runs as it stands, whatever the values of its examples; it imports all."""
    make_module("snippet_examples", EXAMPLES)
    CatalogReference.parse("snippet_examples").load()
    verified = set()
    for found in Catalog().snapshots():
        for snippet in (s for s in found.snippets if s.language == "python"):
            if snippet.verified:
                made: dict[str, Any] = {}
                exec(compile(snippet.code, found.name, "exec"), made)
                assert made["df"].collect().height == 1
                verified.add(found.name)
            else:
                assert "value=..." in snippet.code
                compile(snippet.code, found.name, "exec")
    assert {t.name for t in Catalog().snapshots()} - verified == NO_CODE


@pytest.mark.finding(19)
@pytest.mark.parametrize("own", [False, True], ids=["registry in use", "registry of its own"])
def test_described_snippets_run_in_a_fresh_interpreter(make_module: Any, run_python: Any, own: bool) -> None:
    """The snippets of `describe_table` and of exports run as they stand: they import what declares the table."""
    path = make_module(
        "snippet_shop.tables",
        "import polars as pl\nfrom lakecat import Catalog, CatalogRegistry, table\n"
        + ("lake = Catalog(CatalogRegistry())\n" if own else "")
        + ("lake.add_table(lambda: pl.LazyFrame({'x': [1]}), 't')\n" if own else "")
        + ("" if own else "@table\ndef t():\n    return pl.LazyFrame({'x': [1]})\n"),
    )
    loaded = CatalogReference.parse(f"snippet_shop.tables{':lake' if own else ''}").load()
    described = (*loaded.describe_table("t").snippets, *loaded.snapshots()[0].snippets)
    assert len(described) == 4
    for snippet in described:
        assert snippet.verified
        code = f"{snippet.code}print(df.collect())"
        done = run_python(code, env={"PYTHONPATH": os.pathsep.join([str(path.parents[1]), *sys.path])})
        assert (done.returncode, done.stderr) == (0, "")
        assert "shape: (1, 1)" in done.stdout


@pytest.mark.finding(19)
def test_what_is_not_known_to_run_is_not_verified(run_python: Any, tmp_path: Any) -> None:
    """A table of an interpreter's own, or one that could not be asked, has snippets that are not called verified."""
    register_static_table(DeltaTable("gone", uri=tmp_path / "gone"))
    assert [s.verified for s in Catalog().describe_table("gone").snippets] == [False, False]
    code = (
        "import polars as pl, lakecat\n@lakecat.table\ndef t():\n    return pl.LazyFrame({'x': [1]})\n"
        "print([s.verified for s in lakecat.Catalog().describe_table('t').snippets])\n"
    )
    assert run_python(code).stdout == "[False, False]\n"
