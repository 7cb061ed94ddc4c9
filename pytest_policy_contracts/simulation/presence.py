"""Where a simulated loop runs: the calling thread becomes its thread and lives in its time.

A step of a scenario enters and leaves this, several times in a run of a fraction of a millisecond; that is why `Presence` is
a class and not a generator. It must not run anything itself.
"""

from __future__ import annotations

import sys
from asyncio import events
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from types import TracebackType
from typing import Any

from pytest_policy_contracts.simulation.clock import Participant, participants


@contextmanager
def participating(participant: Participant) -> Iterator[None]:
    """Let the calling thread read the participant's clock, and sleep as it says."""
    ident = get_ident()
    before = participants.get(ident)
    participants[ident] = participant
    try:
        yield
    finally:
        _put_back(ident, before)


def _put_back(ident: int, before: Participant | None) -> None:
    if before is None:
        del participants[ident]
    else:
        participants[ident] = before


class Presence:
    """Makes `loop` the running loop of the calling thread, with its clock and its async generators; may be nested."""

    __slots__ = ("_before", "_hooks", "_ident", "_loop", "_participant")

    def __init__(self, loop: Any) -> None:
        self._loop = loop

    def __enter__(self) -> None:
        loop = self._loop
        ident = self._ident = loop._thread_id = get_ident()
        self._before = events._get_running_loop()
        self._hooks = sys.get_asyncgen_hooks()
        events._set_running_loop(loop)
        sys.set_asyncgen_hooks(loop._asyncgen_firstiter_hook, loop._asyncgen_finalizer_hook)
        self._participant = participants.get(ident)
        participants[ident] = loop

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _put_back(self._ident, self._participant)
        sys.set_asyncgen_hooks(*self._hooks)
        events._set_running_loop(self._before)
        self._loop._thread_id = None
