"""Ways to a table: each writer puts a frame into a folder and returns the source that reads it.

A writer stands by itself, with its imports: programs that show a difference contain its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .tables import DELTA, PARQUET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import polars as pl


def native(frame: pl.DataFrame, folder: Path) -> Any:
    """Write a Delta table of one file, which Polars reads."""
    from lakecat import DeltaTable

    frame.write_delta(folder / "native")
    return DeltaTable("t", uri=folder / "native")


def native_commits(frame: pl.DataFrame, folder: Path) -> Any:
    """Write a partitioned Delta table in three commits, which Polars reads."""
    from lakecat import DeltaTable

    step = frame.height // 3 + 1
    for start in range(0, 3 * step, step):
        options = {"partition_by": ["p"]} if start == 0 else None
        frame.slice(start, step).write_delta(folder / "commits", mode="append", delta_write_options=options)
    return DeltaTable("t", uri=folder / "commits")


def engine(frame: pl.DataFrame, folder: Path) -> Any:
    """Write a Delta table of one file, which deltalake's engine reads because of its path."""
    from lakecat import DeltaTable

    frame.write_delta(folder / "with a space")
    return DeltaTable("t", uri=folder / "with a space")


def engine_commits(frame: pl.DataFrame, folder: Path) -> Any:
    """Write a partitioned Delta table in three commits, which deltalake's engine reads, in no order."""
    from lakecat import DeltaTable

    step = frame.height // 3 + 1
    for start in range(0, 3 * step, step):
        options = {"partition_by": ["p"]} if start == 0 else None
        frame.slice(start, step).write_delta(folder / "some commits", mode="append", delta_write_options=options)
    return DeltaTable("t", uri=folder / "some commits")


def parquet(frame: pl.DataFrame, folder: Path) -> Any:
    """Write one Parquet file of small row groups, which Polars reads."""
    from lakecat import ParquetTable

    frame.write_parquet(folder / "one.parquet", row_group_size=4)
    return ParquetTable("t", uri=folder / "one.parquet")


def parquet_folder(frame: pl.DataFrame, folder: Path) -> Any:
    """Write a folder of three Parquet files, which Polars reads in the order of their names."""
    from lakecat import ParquetTable

    (folder / "several").mkdir()
    step = frame.height // 3 + 1
    for i in range(3):
        frame.slice(i * step, step).write_parquet(folder / "several" / f"{i}.parquet")
    return ParquetTable("t", uri=folder / "several")


def hive(frame: pl.DataFrame, folder: Path) -> Any:
    """Write a Parquet file for each value of ``p``, which folders name, and which Polars reads."""
    from lakecat import ParquetTable

    for key, part in (frame if frame.height else frame.clear(1)).group_by("p"):
        name = "__HIVE_DEFAULT_PARTITION__" if key[0] is None else str(key[0]).replace(" ", "%20")
        (folder / "hive" / f"p={name}").mkdir(parents=True)
        part.head(frame.height).drop("p").write_parquet(folder / "hive" / f"p={name}" / "0.parquet")
    return ParquetTable("t", uri=folder / "hive", partitioning=["p"])


def pyarrow(frame: pl.DataFrame, folder: Path) -> Any:
    """Write two Parquet files whose footers state a row too many, which only pyarrow reads whole."""
    from lakecat import ParquetTable

    (folder / "arrow").mkdir()
    for i, part in enumerate((frame.head(frame.height // 2), frame.slice(frame.height // 2))):
        path = folder / "arrow" / f"{i}.parquet"
        part.write_parquet(path, row_group_size=4)
        # The footer's third field, the number of rows: a whole number in zigzag, between the schema and the groups.
        data, rows = path.read_bytes(), 2 * part.height
        field = b"\x16" + bytes([rows]) + b"\x19"
        start, _, end = data.rpartition(field)
        path.write_bytes(start + b"\x16" + bytes([rows + 2]) + b"\x19" + end)
    return ParquetTable("t", uri=folder / "arrow")


def pyarrow_hive(frame: pl.DataFrame, folder: Path) -> Any:
    """Write a Parquet file for each value of ``p``, of which pyarrow alone reads all rows; see ``pyarrow``."""
    from lakecat import ParquetTable

    for key, group in (frame if frame.height else frame.clear(1)).group_by("p"):
        name = "__HIVE_DEFAULT_PARTITION__" if key[0] is None else str(key[0]).replace(" ", "%20")
        path = folder / "hive" / f"p={name}" / "0.parquet"
        path.parent.mkdir(parents=True)
        part = group.head(frame.height).drop("p")
        part.write_parquet(path)
        start, _, end = path.read_bytes().rpartition(b"\x16" + bytes([2 * part.height]) + b"\x19")
        path.write_bytes(start + b"\x16" + bytes([2 * part.height + 2]) + b"\x19" + end)
    return ParquetTable("t", uri=folder / "hive", partitioning=["p"])


def function_lazy(frame: pl.DataFrame, folder: Path) -> Any:
    """Return a function that scans a file."""
    import polars as pl

    from lakecat.sources.function import FunctionSource

    frame.write_parquet(folder / "function.parquet")
    return FunctionSource(lambda: pl.scan_parquet(folder / "function.parquet"), name="t")


def function_eager(frame: pl.DataFrame, folder: Path) -> Any:
    """Return a function that returns the frame."""
    from lakecat.sources.function import FunctionSource

    return FunctionSource(lambda: frame, name="t")


def store_delta(frame: pl.DataFrame, folder: Path) -> Any:
    """Write a Delta table to the store that the environment names."""
    import json
    import os

    from lakecat import DeltaTable

    store = json.loads(os.environ["FUZZ_STORE"])
    uri = f"s3://{store['bucket']}/{folder.parent.parent.name}/{folder.parent.name}/delta"
    frame.write_delta(uri, storage_options=store["options"])
    return DeltaTable("t", uri=uri, storage_options=store["options"])


def store_parquet(frame: pl.DataFrame, folder: Path) -> Any:
    """Write a folder of two Parquet files to the store that the environment names."""
    import json
    import os

    from lakecat import ParquetTable

    store = json.loads(os.environ["FUZZ_STORE"])
    uri = f"s3://{store['bucket']}/{folder.parent.parent.name}/{folder.parent.name}/several/"
    half = frame.height // 2
    frame.head(half).write_parquet(f"{uri}0.parquet", storage_options=store["options"])
    frame.slice(half).write_parquet(f"{uri}1.parquet", storage_options=store["options"])
    return ParquetTable("t", uri=uri, storage_options=store["options"])


@dataclass(frozen=True)
class Kind:
    """A way to a table.

    Args:
        write: The writer.
        order: Whether the rows come in the order of the frame, in one of the source that does not change, or in none.
        dtypes: The dtypes that it can hold.
        python: Whether the plan must hold a reader in Python, not one of Polars.
    """

    write: Callable[[pl.DataFrame, Path], Any]
    order: Literal["frame", "source", "none"] = "frame"
    dtypes: dict[str, list[Any]] | None = None
    python: bool = False


KINDS: dict[str, Kind] = {
    "native": Kind(native, dtypes=DELTA),
    "native_commits": Kind(native_commits, "source", DELTA),
    "engine": Kind(engine, dtypes=DELTA, python=True),
    "engine_commits": Kind(engine_commits, "none", DELTA, python=True),
    "parquet": Kind(parquet),
    "parquet_folder": Kind(parquet_folder),
    "hive": Kind(hive, "source"),
    "pyarrow": Kind(pyarrow, python=True),
    "pyarrow_hive": Kind(pyarrow_hive, "source", python=True),
    "function_lazy": Kind(function_lazy),
    "function_eager": Kind(function_eager),
}
LOCAL = tuple(KINDS)
KINDS |= {"store_delta": Kind(store_delta, dtypes=DELTA), "store_parquet": Kind(store_parquet)}


def dtypes_of(kinds: list[str]) -> dict[str, list[Any]]:
    """Return the dtypes that all of these kinds can hold."""
    return DELTA if any(KINDS[kind].dtypes is DELTA for kind in kinds) else PARQUET
