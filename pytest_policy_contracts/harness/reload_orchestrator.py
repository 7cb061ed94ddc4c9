"""The harness of the contract ReloadOrchestrator: how what reloads many modules as one is made.

Rules: every method may be sync or async. `create` is required. The modules come from the suite: it registers its own,
and starts and stops what `create` returns. The methods are called inside the simulated world: what they wait for takes
virtual time. They must not share state between two subjects.
"""

from typing import Any, ClassVar

from pytest_policy_contracts.contracts.orchestration import OrchestratorConfig
from pytest_policy_contracts.contracts.tenants import Publish
from pytest_policy_contracts.harness.capabilities import capability, missing_error, not_declared, required
from pytest_policy_contracts.harness.harness import Harness

_CREATE = (
    "def create(self, config, publish):\n    return Orchestrator(config, publish)  # with no module, and not started"
)


class ReloadOrchestratorHarness(Harness):
    """Derive from it and write `create`."""

    contract: ClassVar[str] = "ReloadOrchestrator"

    @required(_CREATE)
    def create(self, config: OrchestratorConfig, publish: Publish, /) -> object:
        """Make a fresh orchestrator set up as `config` says, with no module registered and not started.

        Called at the start of every run. `publish` receives one event; it may be a plain function, or one that returns
        an awaitable. Return an object with `register`, `start`, `stop` and `request_reload`; two calls return two objects
        that share nothing.
        """
        raise missing_error(self, "create")

    @capability
    def dispose(self, subject: Any, /) -> object:
        """Close an orchestrator and free what it holds; an awaitable answer is awaited, others ignored.

        Called once for every orchestrator at the end of its run, also of a failed one, stopped or not.
        """
        raise not_declared(self, "dispose")
