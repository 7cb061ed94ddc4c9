"""The providers by name, all of them asked at the same time, each with the same limit."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from pytest_policy_contracts.contracts import HealthProvider, HealthReport
from reference_impl.errors import DuplicateNameError, UnknownNameError
from reference_impl.health.calling import LateCalls
from reference_impl.health.source import Answer, Source

COMPONENT = "health_check"
"""The component in a report that we make because the provider made none."""


class Providers:
    """Who is asked. `timeout` is how long each may take."""

    def __init__(self, timeout: timedelta, now: Callable[[], datetime]) -> None:
        self._timeout = timeout
        self._now = now
        self._sources: dict[str, Source] = {}
        self._late = LateCalls()

    def add(self, name: str, provider: HealthProvider, *, optional: bool = False, component: str = COMPONENT) -> None:
        """Add a provider; raise `DuplicateNameError` where the name is taken."""
        if name in self._sources:
            raise DuplicateNameError(f"There is a provider {name!r} already. Remove it first, or take another name.")
        self._sources[name] = Source((name, component), provider, optional, self._late, self._now)

    def remove(self, name: str) -> None:
        """Remove a provider; raise `UnknownNameError` where there is none of that name."""
        if name not in self._sources:
            there_are = ", ".join(sorted(self._sources)) or "none"
            raise UnknownNameError(f"There is no provider {name!r}. There are: {there_are}.")
        del self._sources[name]

    async def ask(self) -> list[Answer]:
        """Ask all at once, and return their answers in the order of the names [AGG-007, AGG-013].

        Who has not answered at the limit is cut off and not waited for: it may ignore its cancellation [AGG-005].
        """
        loop = asyncio.get_running_loop()
        sources = [self._sources[name] for name in sorted(self._sources)]
        asked = [(source, loop.create_task(source.ask(), name=f"health of {source.name}")) for source in sources]
        try:
            if asked:
                await asyncio.wait([task for _, task in asked], timeout=self._timeout.total_seconds())
        finally:
            self._cut_off(asked)
        answers = [self._answer(source, task) for source, task in asked]
        for source, answer in zip(sources, answers, strict=True):
            source.remember(answer.reports)
        return answers

    async def close(self, grace: timedelta) -> None:
        """Wait for calls that were cut off, at most for `grace`."""
        await self._late.end(grace)

    def _cut_off(self, asked: list[tuple[Source, asyncio.Task[Answer]]]) -> None:
        for source, task in asked:
            if not task.done():
                task.cancel()
                self._late.add(task, source)

    def _answer(self, source: Source, task: asyncio.Task[Answer]) -> Answer:
        if not task.done():
            return self._made_up(source, source.silent(self._timeout))
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        return task.result() if error is None else self._made_up(source, source.panicked(error))

    def _made_up(self, source: Source, report: HealthReport) -> Answer:
        return Answer(source.name, [report], self._timeout.total_seconds())
