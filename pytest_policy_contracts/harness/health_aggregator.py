"""The harness of the contract HealthAggregator: how what makes one answer of many reports is made.

Rules: every method may be sync or async. `create` is required. The methods are called inside the
simulated world: what they wait for takes virtual time. They must not share state between two
subjects. The providers are the suite's own; a harness supplies none.
"""

from typing import Any, ClassVar

from pytest_policy_contracts.contracts import AggregatorConfig, Publish
from pytest_policy_contracts.harness.capabilities import capability, missing_error, not_declared, required
from pytest_policy_contracts.harness.harness import Harness

_CREATE = "def create(self, config, publish):\n    return Health(config.cache_ttl, config.provider_timeout, publish)"


class HealthAggregatorHarness(Harness):
    """Derive from it, and write how your aggregator is made; the suite supplies the providers that it asks."""

    contract: ClassVar[str] = "HealthAggregator"

    @required(_CREATE)
    def create(self, config: AggregatorConfig, publish: Publish, /) -> object:
        """Make a fresh aggregator set up as `config` says, without any provider.

        Called at the start of every run. `config.cache_ttl` and `config.provider_timeout` are
        `timedelta`s, and not always the defaults. `publish` receives one event, and may return an
        awaitable; it may raise. Return an object with `add_provider`, `remove_provider`, `check`
        and `close`.
        """
        raise missing_error(self, "create")

    @capability
    def dispose(self, subject: Any, /) -> object:
        """Free what an aggregator holds beyond what its `close` does; an awaitable answer is awaited, others ignored.

        Called once for every aggregator at the end of its run, also of a failed one. AGG-014
        measures what is left behind after `close`, and after this.
        """
        raise not_declared(self, "dispose")
