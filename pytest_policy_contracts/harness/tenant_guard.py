"""The harness of the contract TenantGuard: how a component that keeps tenants apart is made and asked.

Rules: every method may be sync or async, `bind_tenant` answers a context manager of either kind.
`create` is required; each of the others unlocks clauses when it is written. The methods are called
inside the simulated world, from tasks and from threads. They must not share state between two
subjects.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, ClassVar

from pytest_policy_contracts.contracts.tenants import GuardConfig, Publish
from pytest_policy_contracts.harness.capabilities import capability, missing_error, not_declared, required
from pytest_policy_contracts.harness.harness import Harness

_CREATE = "def create(self, config, publish):\n    return Guard(config.mode, config.whitelist, config.max_violations, publish)"


class TenantGuardHarness(Harness):
    """Derive from it, write `create`, and add how your guard learns which tenant is asking."""

    contract: ClassVar[str] = "TenantGuard"
    capability_flags: ClassVar[Mapping[str, str]] = {
        "emits_events": "Say that the guard calls `publish` for each violation it records; False leaves TNT-013 and TNT-014 "
        "untested."
    }

    emits_events: bool = True

    @required(_CREATE)
    def create(self, config: GuardConfig, publish: Publish, /) -> object:
        """Make a fresh guard set up as `config` says.

        Called at the start of every run. `config.mode` is a `GuardMode`, `config.whitelist` maps a
        tenant to the targets it may reach, `config.max_violations` says how many are remembered.
        `publish` receives one event; a synchronous guard gets a plain function, an asynchronous one
        may also get one that returns an awaitable. A guard that refuses a setting raises. Return an
        object with `mode`, `validate_access` and `recent_violations`.
        """
        raise missing_error(self, "create")

    @capability
    def violations(self) -> object:
        """Describe the violations that your guard meets, as a Hypothesis strategy for one or as a list.

        They are mixed into the sequences of TNT-009 and shrunk with them. No whitelist excuses them, and each is one: not an
        access of a tenant to its own. Their details are replaced by a number.
        """
        raise not_declared(self, "violations")

    @capability
    def bind_tenant(
        self, subject: Any, tenant_id: str, /
    ) -> AbstractContextManager[object] | AbstractAsyncContextManager[object]:
        """Answer a context manager in which the running context belongs to `tenant_id`.

        For guards that find out themselves who is asking. Unlocks TNT-017 and TNT-018 with `access`.
        """
        raise not_declared(self, "bind_tenant")

    @capability
    def access(self, subject: Any, target_id: str, /) -> object:
        """Reach for what belongs to `target_id` as the tenant that the running context is bound to.

        Return to allow, raise to deny. Called with nothing bound, too. Unlocks TNT-017 and TNT-018
        with `bind_tenant`.
        """
        raise not_declared(self, "access")

    @capability
    def dispose(self, subject: Any, /) -> object:
        """Close a guard and free what it holds; an awaitable answer is awaited, others ignored.

        Called once for every guard at the end of its run, also of a failed one.
        """
        raise not_declared(self, "dispose")
