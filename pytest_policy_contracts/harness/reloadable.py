"""The harness of the contract Reloadable: how a reloading module is made and looked at.

Rules: every method may be sync or async. `create` and `changes` are required; each of the others
unlocks clauses when it is written. `inverse` has a default that serves every `ConfigChange`. The
methods are called inside the simulated world: what they wait for takes virtual time. They must not
share state between two subjects.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, ClassVar

from pytest_policy_contracts.harness.capabilities import capability, missing_error, not_declared, required
from pytest_policy_contracts.harness.harness import Harness
from pytest_policy_contracts.harness.problems import HarnessError

Answer = Sequence[object] | Awaitable[Sequence[object]]

_CREATE = "def create(self):\n    return CacheModule(ttl=30)  # a fresh one on every call"
_CHANGES = 'def changes(self):\n    return [ConfigChange.modified("cache.ttl", 30, 60)]'


class ReloadableHarness(Harness):
    """Derive from it, write `create` and `changes`, and add what your module can be asked."""

    contract: ClassVar[str] = "Reloadable"

    @required(_CREATE)
    def create(self) -> object:
        """Make a fresh subject in a known state.

        Called at the start of every run, and several times in runs that compare subjects. Return an
        object with `can_reload`, `reload_timeout` and `reload`; two calls return two objects that
        share nothing.
        """
        raise missing_error(self, "create")

    @required(_CHANGES)
    def changes(self) -> Answer:
        """Say what a valid reload of a fresh subject looks like.

        Called once per run. Return changes that the subject accepts and that alter its state. Two
        or more settings make RLD-007 and RLD-014 sharp, because only then can a mixture of old and
        new show; an added and a removed setting widen RLD-012.
        """
        raise missing_error(self, "changes")

    @capability
    def snapshot(self, subject: Any, /) -> object:
        """Answer the state that a reload changes, as plain comparable values.

        Called before, after and, if sync, between any two steps of a reload. Return everything
        `changes` touches (a dict of settings is usual); it is deep-copied and compared with types.
        It must not change the subject. Unlocks RLD-003, 004, 005, 007, 011, 012, 014, 020, the
        state half of 002, 015 and 018, and with others 010 and 013.
        """
        raise not_declared(self, "snapshot")

    @capability
    def invalid_changes(self) -> Answer:
        """Say which changes a fresh subject has to refuse.

        Called once per run. Return a set of changes that cannot be applied as a whole; valid ones
        before the invalid one make RLD-010 sharp. Unlocks RLD-009, RLD-010 with `snapshot` and
        RLD-019 with `secrets`, and widens RLD-008, 011, 014, 015 and 016.
        """
        raise not_declared(self, "invalid_changes")

    def inverse(self, changes: list[Any], /) -> Answer:
        """Say how `changes` are undone; the default inverts each change, the last one first.

        Called after `changes` were applied, for RLD-012. Override it when the changes are of an own
        type without `inverse()`, or when undoing takes something else.
        """
        return [self._inverse_of(change) for change in reversed(changes)]

    @capability
    def alternative_changes(self) -> Answer:
        """Say what a second, different reload of the same settings looks like.

        Called once per run and raced against `changes`. Return changes of at least one setting that
        `changes` touches too, to other values. Unlocks RLD-013 with `snapshot`,
        and widens RLD-008.
        """
        raise not_declared(self, "alternative_changes")

    @capability
    def secrets(self) -> Sequence[str] | Awaitable[Sequence[str]]:
        """Name the texts that may never show up in errors, logs or a repr.

        Called once per run. Return the secret values that `changes` and `invalid_changes` carry.
        Unlocks RLD-019 with `invalid_changes`; the suite's own reports redact them too.
        """
        raise not_declared(self, "secrets")

    @capability
    def dispose(self, subject: Any, /) -> object:
        """Close a subject and free what it holds; an awaitable answer is awaited, others ignored.

        Called once for every subject at the end of its run, also of a failed one. With it RLD-016
        measures what is left behind after closing, without it against the state before the call.
        """
        raise not_declared(self, "dispose")

    def _inverse_of(self, change: Any) -> object:
        if not callable(getattr(change, "inverse", None)):
            raise HarnessError(
                f"A change of type {type(change).__name__} has no inverse(). "
                f"Write {type(self).__name__}.inverse(self, changes), or use ConfigChange."
            )
        inverted: object = change.inverse()
        return inverted
