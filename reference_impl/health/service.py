"""The health of everything, asked of many providers at once and remembered for a moment.

How a check goes: an answer that is young enough is copied (`summary`). Otherwise the caller joins an evaluation
(`single_flight`), which asks all providers side by side (`providers`), makes reports of whatever they do (`source`, `reading`),
sums them up, keeps the answer and tells of it (`telling`).
"""

import asyncio
from datetime import timedelta

from pytest_policy_contracts.contracts import AggregatedHealth, AggregatorConfig, HealthProvider
from reference_impl.errors import ConfigurationError, PolicyError
from reference_impl.health.providers import Providers
from reference_impl.health.single_flight import SingleFlight
from reference_impl.health.summary import copied, summed_up
from reference_impl.health.telling import Telling
from reference_impl.ports import SILENT, Events, HealthMetrics, Now, utc_now

DEFAULTS = AggregatorConfig()
CLOSING_GRACE = timedelta(seconds=1)
"""How long `close` waits for providers that do not end at once when they are cancelled."""


class HealthServiceClosedError(PolicyError, RuntimeError):
    """A check was asked of a health service that is closed, or that closed while it waited."""

    def __init__(self) -> None:
        super().__init__("The health service is closed. Make a new one, or close it after its last caller.")


class HealthService:
    """Answers how everything is; of the contract `HealthAggregator`. All methods belong on one event loop's thread."""

    def __init__(
        self,
        config: AggregatorConfig = DEFAULTS,
        *,
        events: Events = SILENT,
        metrics: HealthMetrics = SILENT,
        now: Now = utc_now,
        closing_grace: timedelta = CLOSING_GRACE,
    ) -> None:
        _refuse_nonsense(config)
        self._ttl_seconds = config.cache_ttl.total_seconds()
        self._now = now
        self._closing_grace = closing_grace
        self._providers = Providers(config.provider_timeout, now)
        self._flight = SingleFlight(self._evaluate)
        self._telling = Telling(events, metrics)
        self._kept: AggregatedHealth | None = None
        self._expires_at = 0.0
        self._closed = False

    def add_provider(self, name: str, provider: HealthProvider, /, *, optional: bool = False) -> None:
        """Ask this provider too from now on; who waits for an evaluation gets a new one, with it in it [AGG-010].

        Its `health_check` is called on the event loop if it is a coroutine function or is annotated to return an awaitable,
        and otherwise on a thread, one at a time. `optional` leaves it out of the readiness. Raises `DuplicateNameError`.
        """
        self._refuse_if_closed()
        self._providers.add(name, provider, optional=optional)
        self._invalidate()

    def remove_provider(self, name: str, /) -> None:
        """Do not ask this provider any more; one that is being asked is cut off. Raises `UnknownNameError`."""
        self._providers.remove(name)
        self._telling.removed(name)
        self._invalidate()

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        """Answer how everything is; the answer belongs to the caller.

        For less than `cache_ttl` an answer is given again. With `force_refresh` it comes of an evaluation that began after
        the call; these run one after the other, and everybody who asks meanwhile shares the next one [AGG-008, AGG-009].
        While providers come and go faster than they answer there is no evaluation to answer with, and callers wait.
        Raises `HealthServiceClosedError`.
        """
        self._refuse_if_closed()
        kept = None if force_refresh else self._kept
        if kept is None or asyncio.get_running_loop().time() >= self._expires_at:
            kept = await self._flight.join(anew=force_refresh)
        return copied(kept)

    async def close(self) -> None:
        """End what is under way and give its callers an error; may be called again [AGG-014].

        Providers that do not end when they are cancelled are waited for, at most for `closing_grace`.
        """
        self._closed = True
        self._kept = None
        await self._flight.close(HealthServiceClosedError)
        await self._providers.close(self._closing_grace)

    async def _evaluate(self) -> AggregatedHealth:
        clock = asyncio.get_running_loop().time
        began = clock()
        parts = await self._providers.ask()
        # From here on nothing waits: an evaluation that was called off never gets this far [AGG-010].
        answer = summed_up([report for part in parts for report in part.reports], self._now())
        self._kept, self._expires_at = answer, clock() + self._ttl_seconds
        self._telling.evaluated(answer, parts, clock() - began)
        return answer

    def _invalidate(self) -> None:
        self._kept = None
        self._flight.restart()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise HealthServiceClosedError


def _refuse_nonsense(config: AggregatorConfig) -> None:
    if config.cache_ttl < timedelta(0):
        raise ConfigurationError(f"A cache_ttl of {config.cache_ttl} cannot be. Give 0 or more; 0 keeps no answer.")
    if config.provider_timeout <= timedelta(0):
        raise ConfigurationError(
            f"Within {config.provider_timeout} no provider answers. Give a provider_timeout above 0."
        )
