"""Providers made of what is at hand: one function, one fixed status, several other providers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pytest_policy_contracts.contracts import HealthProvider, HealthReport, HealthStatus
from reference_impl.health.calling import LateCalls, called
from reference_impl.health.providers import Providers
from reference_impl.health.reading import status_of
from reference_impl.ports import Now, utc_now

TIMEOUT = timedelta(seconds=2)
"""How long a function or a provider may take: less than whoever asks will wait."""

Finding = HealthStatus | str | bool | None
"""What a function finds: a status, or whether all is well; None says so too, for functions that raise where it is not."""


class StaticProvider:
    """One report that always says the same, such as a version, a feature that is off, or planned maintenance."""

    def __init__(
        self,
        module: str,
        component: str,
        status: HealthStatus | str = HealthStatus.HEALTHY,
        message: str = "",
        *,
        optional: bool = False,
        details: Mapping[str, object] | None = None,
        now: Now = utc_now,
    ) -> None:
        self._fixed = (module, component, status_of(status), message)
        self._optional = optional
        self._details = deepcopy(dict(details or {}))
        self._now = now
        self._since = now()

    async def health_check(self) -> Sequence[HealthReport]:
        """Answer with the one report; the status has been since the provider was made."""
        now = self._now()
        return [HealthReport(*self._fixed, now, min(self._since, now), self._optional, deepcopy(self._details))]


class SimpleProvider:
    """One report of one function, sync or async, which returns a `Finding` or raises.

    A temporary error is degraded, any other unhealthy, and so is silence for longer than `timeout`. A sync function runs on
    a thread. Of an error only the type is told, because its text may quote a password.
    """

    def __init__(
        self,
        module: str,
        component: str,
        function: Callable[[], Finding | Awaitable[Finding]],
        *,
        optional: bool = False,
        timeout: timedelta = TIMEOUT,
        now: Now = utc_now,
    ) -> None:
        self._providers = Providers(timeout, now)
        asked = _Function(module, component, function)
        self._providers.add(module, asked, optional=optional, component=component)

    async def health_check(self) -> Sequence[HealthReport]:
        """Call the function and answer with one report."""
        [answer] = await self._providers.ask()
        return answer.reports


@dataclass(frozen=True, slots=True)
class _Found:
    """As much of a report as a function knows."""

    module: str
    component: str
    status: HealthStatus


class _Function:
    """A function as a provider that errs and hangs where the function does."""

    def __init__(self, module: str, component: str, function: Callable[[], object]) -> None:
        self._key = (module, component)
        self._function = function
        self._late = LateCalls()

    async def health_check(self) -> Any:
        await self._late.ended(self)
        found = await called(self._function, self, self._late)
        if found is None or isinstance(found, bool):
            found = HealthStatus.UNHEALTHY if found is False else HealthStatus.HEALTHY
        return [_Found(*self._key, status_of(found))]


class CompositeProvider:
    """Several providers as one, asked side by side; one that errs or hangs takes no other with it.

    Of two reports with the same module and component the worse one is kept, so that each stands once [HLT-004].
    """

    def __init__(
        self, providers: Mapping[str, HealthProvider], *, timeout: timedelta = TIMEOUT, now: Now = utc_now
    ) -> None:
        self._providers = Providers(timeout, now)
        for name, provider in providers.items():
            self._providers.add(name, provider)

    async def health_check(self) -> Sequence[HealthReport]:
        """Answer with the reports of all, in the order of their names."""
        kept: dict[tuple[str, str], HealthReport] = {}
        for answer in await self._providers.ask():
            for report in answer.reports:
                key = (report.module, report.component)
                kept[key] = _worse(kept[key], report) if key in kept else report
        return list(kept.values())


def _worse(one: HealthReport, other: HealthReport) -> HealthReport:
    statuses = HealthStatus(one.status), HealthStatus(other.status)
    return one if HealthStatus.worst(statuses) is statuses[0] else other
