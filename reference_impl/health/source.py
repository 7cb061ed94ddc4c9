"""One provider, and what becomes of what it does: an answer, an error, a panic or silence end as reports."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pytest_policy_contracts.contracts import HealthProvider, HealthReport, HealthStatus
from reference_impl.health.calling import LateCalls, called
from reference_impl.health.reading import Context, UnreadableAnswerError, beginning, reports_of
from reference_impl.health.temporary import is_temporary


@dataclass(frozen=True, slots=True)
class Answer:
    """What one provider's part in an evaluation came to."""

    provider: str
    reports: list[HealthReport]
    seconds: float


class Source:
    """A provider. It remembers its last reports: since when a status has been, and what is optional.

    `key` is its name, and the component under which it reports what the provider does not.
    """

    def __init__(
        self,
        key: tuple[str, str],
        provider: HealthProvider,
        optional: bool,
        late: LateCalls,
        now: Callable[[], datetime],
    ) -> None:
        self.name, _ = self._key = key
        self._provider = provider
        self._registered_optional = optional
        self._late = late
        self._now = now
        self._known: dict[tuple[str, str], HealthReport] = {}

    async def ask(self) -> Answer:
        """Ask the provider; raise nothing that is the provider's doing.

        A `SystemExit` is a panic like any other [AGG-003, HLT-009]: let through, it would end the process. A
        `KeyboardInterrupt` is let through, because on the event loop's thread it comes from the user.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            await self._late.ended(self)
            given = await called(self._provider.health_check, self, self._late)
            reports = reports_of(given, Context(self.name, self._registered_optional, self._now(), self._known))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            reports = [self.panicked(error)]
        return Answer(self.name, reports, clock() - began)

    def panicked(self, error: BaseException) -> HealthReport:
        """Return the report of a provider that raised; an error's text may quote a password, so only its type is told."""
        kind = type(error).__name__
        message = str(error) if isinstance(error, UnreadableAnswerError) else f"raised {kind}"
        status = HealthStatus.DEGRADED if is_temporary(error) else HealthStatus.UNHEALTHY
        return self._report(status, message, {"error": kind})

    def silent(self, limit: timedelta) -> HealthReport:
        """Return the report of a provider that did not answer in time [AGG-005]."""
        seconds = limit.total_seconds()
        return self._report(
            HealthStatus.UNHEALTHY, f"did not answer within {seconds:g} s", {"timeout_seconds": seconds}
        )

    def remember(self, reports: list[HealthReport]) -> None:
        """Take these for the last reports."""
        self._known = {(one.module, one.component): one for one in reports}

    def _report(self, status: HealthStatus, message: str, details: dict[str, object]) -> HealthReport:
        now = self._now()
        since = beginning(self._key, status, now, self._known)
        return HealthReport(*self._key, status, message, now, since, self._is_optional(), details)

    def _is_optional(self) -> bool:
        """What called itself optional as long as it answered stays so when it does not [AGG-006]."""
        last = self._known.values()
        return self._registered_optional or (bool(last) and all(one.optional for one in last))
