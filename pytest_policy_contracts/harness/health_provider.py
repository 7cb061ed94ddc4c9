"""The harness of the contract HealthProvider: how a component that reports its health is made and disturbed.

Rules: every method may be sync or async. `create` is required; each of the others unlocks clauses
when it is written. The methods are called inside the simulated world: what they wait for takes
virtual time. They must not share state between two subjects.
"""

from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from pytest_policy_contracts.harness.capabilities import capability, missing_error, not_declared, required
from pytest_policy_contracts.harness.harness import Harness

_CREATE = "def create(self):\n    return CacheHealth(FakeRedis())  # a fresh one on every call, its dependency in order"


class HealthProviderHarness(Harness):
    """Derive from it, write `create`, and add what can be done to what your component depends on."""

    contract: ClassVar[str] = "HealthProvider"

    check_timeout: timedelta = timedelta(seconds=5)
    """How long a check may take, whatever its dependency does [HLT-006, HLT-007]."""

    @required(_CREATE)
    def create(self) -> object:
        """Make a fresh subject whose dependency is in order.

        Called at the start of every run. Return an object with `health_check`; two calls return two
        objects that share nothing.
        """
        raise missing_error(self, "create")

    @capability
    def break_dependency(self, subject: Any, /) -> object:
        """Let what the subject depends on fail at once from now on.

        Called once or more per run, between two checks. Unlocks HLT-009 and HLT-016, with
        `restore_dependency` HLT-010, and widens HLT-002, HLT-003, HLT-004, HLT-006, HLT-011,
        HLT-013, HLT-014 and HLT-018.
        """
        raise not_declared(self, "break_dependency")

    @capability
    def restore_dependency(self, subject: Any, /) -> object:
        """Undo `break_dependency` and `hang_dependency`: what the subject depends on is back in order.

        Called between two checks, or while one waits for a dependency that hangs. Unlocks HLT-010
        with `break_dependency`.
        """
        raise not_declared(self, "restore_dependency")

    @capability
    def hang_dependency(self, subject: Any, /) -> object:
        """Let what the subject depends on never answer from now on.

        Called between two checks. Let the stand-in wait for ever, with `await asyncio.Event().wait()`
        or a sleep much longer than `check_timeout`. Unlocks HLT-007, and widens HLT-008, HLT-010,
        HLT-013 and HLT-014.
        """
        raise not_declared(self, "hang_dependency")

    @capability
    def secrets(self) -> Sequence[str] | Awaitable[Sequence[str]]:
        """Name the texts that may never show up in messages, details, errors or logs.

        Called once per run. Return the secret values that the subject works with, such as the
        password in the address of its database. Unlocks HLT-014; our own reports redact them too.
        """
        raise not_declared(self, "secrets")

    @capability
    def dispose(self, subject: Any, /) -> object:
        """Close a subject and free what it holds; an awaitable answer is awaited, others ignored.

        Called once for every subject at the end of its run, also of a failed one. With it HLT-013
        measures what is left behind after closing, without it against the state before the call.
        """
        raise not_declared(self, "dispose")
