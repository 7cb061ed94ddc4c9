"""What a guarded child and its parent share: a result pipe, a heartbeat cell, and files for stack
dumps.

The message is a length followed by as many bytes, so that it is complete without an end of file: a
grandchild that inherited the pipe cannot keep the parent waiting. Rules: the parent never blocks on
the pipe, the child may. Nothing here knows what the bytes mean.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from collections.abc import Callable
from types import TracebackType
from typing import IO, Self

from pytest_policy_contracts.simulation.guard.outcome import Heartbeat

_LENGTH = struct.Struct("!Q")
_CHUNK_BYTES = 1 << 16
_MAX_DUMP_BYTES = 1 << 20


class Channel:
    """One use per child; a context manager that closes every descriptor it opened."""

    def __init__(self) -> None:
        self._closers: list[Callable[[], object]] = []
        try:
            self.reader, self.writer = os.pipe()
            self._closers += [self.close_reader, self.close_writer]
            os.set_blocking(self.reader, False)
            shared = mmap.mmap(-1, mmap.PAGESIZE)
            # A native 64-bit cell is stored and read at once, hence never seen half written.
            self._cell = memoryview(shared).cast("q")
            self._closers += [shared.close, self._cell.release]
            self.own_stack, self.all_stacks, self.fatal = (self._dump_file() for _ in range(3))
        except BaseException:
            self.close()
            raise
        self._received = bytearray()
        self.ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        entries: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open; safe to call twice."""
        while self._closers:
            self._closers.pop()()

    def close_reader(self) -> None:
        """Close the parent's end of the pipe."""
        if self.reader >= 0:
            descriptor, self.reader = self.reader, -1
            os.close(descriptor)

    def close_writer(self) -> None:
        """Close the child's end of the pipe."""
        if self.writer >= 0:
            descriptor, self.writer = self.writer, -1
            os.close(descriptor)

    def _dump_file(self) -> IO[bytes]:
        file = tempfile.TemporaryFile(buffering=0)
        self._closers.append(file.close)
        return file

    @property
    def heartbeat(self) -> Heartbeat:
        """What the child calls to show progress."""
        return Heartbeat(self._cell)

    @property
    def progress(self) -> int:
        """The last number given to the heartbeat."""
        return int(self._cell[0])

    def send(self, message: bytes) -> None:
        """Write one message, blocking until the parent has taken it."""
        rest = memoryview(_LENGTH.pack(len(message)) + message)
        while rest:
            rest = rest[os.write(self.writer, rest) :]

    def receive(self) -> bool:
        """Take what has arrived without blocking; True when that was anything. Sets `ended` at the
        end of file.
        """
        arrived = False
        while not self.ended:
            try:
                chunk = os.read(self.reader, _CHUNK_BYTES)
            except BlockingIOError:
                break
            self.ended = not chunk
            self._received += chunk
            arrived = arrived or bool(chunk)
        return arrived

    def message(self) -> bytes | None:
        """Return the message once it is complete."""
        if len(self._received) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        end = _LENGTH.size + length
        return bytes(self._received[_LENGTH.size : end]) if len(self._received) >= end else None


def dump_text(file: IO[bytes]) -> str:
    """Return what has been written to a dump file so far."""
    # `pread` leaves the offset alone, which the child shares and writes at.
    return os.pread(file.fileno(), _MAX_DUMP_BYTES, 0).decode("ascii", errors="replace")
