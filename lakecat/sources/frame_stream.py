"""The rows of a frame as a stream of Arrow batches, for writers that read one."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Generator

    import pyarrow as pa

_AHEAD = 2
_MOMENT = 0.01
"""Seconds between two looks at a stream that somebody else reads."""


class FrameStream:
    """A LazyFrame that is computed while it is read, once, and never held as a whole.

    Polars can hand out batches itself (``collect_batches``, on which ``sink_delta`` rests), but where it panics in the
    middle, that stream just ends, and what was read so far looks like all of it. So the query runs in a thread of its
    own, which knows how it came out.

    Args:
        frame: What is read. Its dtypes must be ones that Arrow has.
    """

    def __init__(self, frame: pl.LazyFrame) -> None:
        self.failure: BaseException | None = None
        """What the frame raised, a Polars panic included; ``None`` if nothing."""
        self._frame = frame
        self._stopped = threading.Event()
        self._batches = self._read()
        self._results: queue.Queue[pl.DataFrame | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._run, name="lakecat-frame", daemon=True)

    def reader(self) -> pa.RecordBatchReader:
        """Return the stream. Nothing is computed before its first batch is asked for."""
        import pyarrow as pa

        schema = pl.DataFrame(schema=self._frame.collect_schema()).to_arrow().schema
        return pa.RecordBatchReader.from_batches(schema, self._batches)

    def close(self) -> None:
        """Stop the query if it still runs, and wait for the end of its thread."""
        self._stopped.set()
        while True:
            try:
                self._batches.close()
            except ValueError:
                # A writer that failed is still reading, in a thread of its own; it finds the end by itself.
                time.sleep(_MOMENT)
            else:
                return

    def _run(self) -> None:
        def put(batch: pl.DataFrame) -> bool:
            self._results.put(batch)
            return self._stopped.is_set()

        try:
            self._frame.sink_batches(put, maintain_order=True)
        except BaseException as error:  # noqa: BLE001 (a Polars panic is no Exception; all are kept for the writer)
            self.failure = error
        finally:
            self._results.put(None)

    def _read(self) -> Generator[pa.RecordBatch, None, None]:
        self._thread.start()
        ended = False
        try:
            while (batch := self._results.get()) is not None:
                if self._stopped.is_set():
                    return
                yield from batch.to_arrow().to_batches()
            ended = True
        finally:
            self._stopped.set()
            # The query may wait for room in the queue.
            while not ended:
                ended = self._results.get() is None
            self._thread.join()
        if self.failure is not None:
            raise RuntimeError("the frame failed")
