"""The rows of a frame as a stream of Arrow batches, for writers that read one."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Generator

    import pyarrow as pa

_AHEAD = 2


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

    def reader(self) -> pa.RecordBatchReader:
        """Return the stream. Nothing is computed before its first batch is asked for."""
        import pyarrow as pa

        schema = pl.DataFrame(schema=self._frame.collect_schema()).to_arrow().schema
        return pa.RecordBatchReader.from_batches(schema, self._batches)

    def close(self) -> None:
        """Stop the query if it still runs."""
        self._stopped.set()
        # A writer that failed may still be reading, in a thread of its own; it then finds the end by itself.
        with contextlib.suppress(ValueError):
            self._batches.close()

    def _read(self) -> Generator[pa.RecordBatch, None, None]:
        batches: queue.Queue[pl.DataFrame | None] = queue.Queue(_AHEAD)

        def put(batch: pl.DataFrame) -> bool:
            batches.put(batch)
            return self._stopped.is_set()

        def run() -> None:
            try:
                self._frame.sink_batches(put, maintain_order=True)
            except BaseException as error:  # noqa: BLE001 (a Polars panic is no Exception; all are kept for the writer)
                self.failure = error
            finally:
                batches.put(None)

        thread = threading.Thread(target=run, name="lakecat-frame", daemon=True)
        thread.start()
        ended = False
        try:
            while (batch := batches.get()) is not None:
                if self._stopped.is_set():
                    return
                yield from batch.to_arrow().to_batches()
            ended = True
        finally:
            self._stopped.set()
            # The query may wait for room in the queue.
            while not ended:
                ended = batches.get() is None
            thread.join()
        if self.failure is not None:
            raise RuntimeError("the frame failed")
