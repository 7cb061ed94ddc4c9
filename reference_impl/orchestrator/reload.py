"""One request being served: every module it concerns gets the new settings, or all of them get the old ones back.

plan ─▶ ask everybody ─▶ forward, in order ─▶ completed
            │                 │ a failure, the caller gave up, a stop
            ▼                 ▼
          failed      back, in reverse, with time of its own ─▶ failed, cancelled or stopped
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from pytest_policy_contracts.contracts import GRACE, ConfigChange, Reloadable, ReloadStatus
from reference_impl.orchestrator.modules import seconds_of, wants_reload
from reference_impl.orchestrator.registry import Entry, Registry
from reference_impl.orchestrator.requests import Request, fresh
from reference_impl.orchestrator.secrecy import told
from reference_impl.orchestrator.transaction import Transaction
from reference_impl.orchestrator.turns import Ended, Turn, Turns

_GRACE = GRACE.total_seconds()


class Reload:
    """Serves one request; `in_haste` tells whether the orchestrator is stopping, so that a rollback has to hurry."""

    def __init__(
        self, request: Request, registry: Registry, default_seconds: float, in_haste: Callable[[], bool]
    ) -> None:
        self.request = request
        self.books = Transaction()
        self.cancelled = False
        """Whether the task that serves it was cancelled meanwhile."""
        self._registry = registry
        self._default_seconds = default_seconds
        self._in_haste = in_haste
        self._plan = registry.plan(request.diff)
        self._forward: Turns | None = None

    @property
    def modules(self) -> list[str]:
        """The names of the modules that it concerns, in their order."""
        return list(self._plan)

    def cut_off(self) -> None:
        """Apply nothing any more, and roll back what was applied; without effect once the rollback has begun [ORC-005]."""
        if self._forward is not None:
            self._forward.cut_off()

    async def run(self) -> ReloadStatus:
        """Serve it, and return how it ended; the books tell the rest."""
        status = await self._apply(self._ask())
        if status is not ReloadStatus.COMPLETED:
            await self._roll_back()
        return status

    # -- forward -------------------------------------------------------------------------------------------

    def _ask(self) -> list[Turn]:
        """Ask every module before the first one is touched, so that there is less to roll back."""
        turns = []
        for name, (entry, changes) in self._plan.items():
            try:
                if name in self._registry.quarantined or not wants_reload(entry.module):
                    self.books.skipped.append(name)
                    continue
                turns.append(_turn(entry, changes, seconds_of(entry.module, self._default_seconds)))
            except BaseException as error:
                self.books.fail(name, told(name, error, self.request.diff), touched=False)
                return []
        return turns

    async def _apply(self, turns: Iterable[Turn]) -> ReloadStatus:
        self._forward = forward = Turns(turns, grace=_GRACE, until_failure=True)
        for one in await forward.run():
            self._note_forward(one, cut=forward.cut)
        self._forward = None
        self.cancelled |= forward.cancelled
        if forward.cut:
            return ReloadStatus.CANCELLED if self.request.given_up else ReloadStatus.STOPPED
        return ReloadStatus.FAILED if self.books.failed else ReloadStatus.COMPLETED

    def _note_forward(self, one: Ended, *, cut: bool) -> None:
        if one.error is None:
            self.books.applied.append(one.name)
        elif cut and isinstance(one.error, asyncio.CancelledError):
            self.books.interrupted.append(one.name)
        else:
            self.books.fail(one.name, told(one.name, one.error, self.request.diff))
        if one.abandoned:
            self._leave_out(one.name)

    # -- back ----------------------------------------------------------------------------------------------

    async def _roll_back(self) -> None:
        """Give everybody touched the old settings, in reverse; go on whoever fails, and whoever has gone [ORC-005, ORC-006]."""
        names = self.books.to_restore()
        back = Turns([self._backward(*self._plan[name]) for name in names], grace=_GRACE)
        ended = {one.name: one for one in await back.run()}
        self.cancelled |= back.cancelled
        for name in names:
            self._note_back(name, ended.get(name))

    def _backward(self, entry: Entry, changes: list[ConfigChange]) -> Turn:
        try:
            seconds = seconds_of(entry.module, self._default_seconds)
        except BaseException:
            seconds = self._default_seconds  # it is called all the same: it may hold settings that nobody wants
        inverse = [change.inverse() for change in reversed(changes)]
        return _turn(entry, inverse, min(seconds, _GRACE) if self._in_haste() else seconds)

    def _note_back(self, name: str, one: Ended | None) -> None:
        if one is not None and one.error is None:
            self.books.rolled_back.append(name)
        elif one is not None and one.abandoned:
            self._leave_out(name)
        else:
            self.books.dirty.append(name)

    def _leave_out(self, name: str) -> None:
        self._registry.quarantine(self._plan[name][0])
        self.books.abandon(name)


def _turn(entry: Entry, changes: list[ConfigChange], seconds: float) -> Turn:
    return Turn(entry.name, partial(_reload, entry.module, changes), seconds)


def _reload(module: Reloadable, changes: list[ConfigChange]) -> object:
    return module.reload([fresh(change) for change in changes])
