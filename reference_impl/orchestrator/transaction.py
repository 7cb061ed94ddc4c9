"""The books of one reload: what was done to whom, what has to be undone, and what is said of it in the end.

Pure: it is told what happened, and calls nobody.
"""

from dataclasses import dataclass, field

from pytest_policy_contracts.contracts import ReloadOutcome, ReloadStatus, RollbackStatus


@dataclass(slots=True)
class Transaction:
    """What happened so far, by names of modules."""

    skipped: list[str] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    interrupted: list[str] = field(default_factory=list)
    """Those that were cut off in the middle, and nobody knows where."""
    quarantined: list[str] = field(default_factory=list)
    rolled_back: list[str] = field(default_factory=list)
    dirty: list[str] = field(default_factory=list)
    error: BaseException | None = None

    def fail(self, name: str, error: BaseException, *, touched: bool = True) -> None:
        """A module failed, or was not even asked to reload (`touched` is false)."""
        self.failed.append(name)
        if touched:
            self.interrupted.append(name)
        if self.error is None:
            self.error = error

    def abandon(self, name: str) -> None:
        """A module ignored its cancellation: it may still change its settings, so there is no use in restoring them [ORC-009]."""
        self.quarantined.append(name)
        self.dirty.append(name)

    def to_restore(self) -> list[str]:
        """Return who has to get the old settings back, the last one touched first [ORC-004]."""
        return [name for name in (*reversed(self.interrupted), *reversed(self.applied)) if name not in self.dirty]

    @property
    def rollback(self) -> RollbackStatus:
        """How far everybody got back [ORC-006]."""
        if not self.dirty:
            return RollbackStatus.COMPLETE if self.rolled_back else RollbackStatus.NONE
        return RollbackStatus.PARTIAL if self.rolled_back else RollbackStatus.FAILED

    def results(self) -> list[str]:
        """Return a word for each module: what came of its part."""
        abandoned = set(self.quarantined)
        return [
            *("skipped" for _ in self.skipped),
            *("applied" for _ in self.applied),
            *("quarantined" if name in abandoned else "failed" for name in self.failed),
        ]

    def outcome(self, status: ReloadStatus) -> ReloadOutcome:
        """Return what is said of it."""
        return ReloadOutcome(
            status,
            applied=tuple(self.applied),
            failed=tuple(self.failed),
            skipped=tuple(self.skipped),
            rolled_back=tuple(self.rolled_back),
            dirty=tuple(self.dirty),
            quarantined=tuple(self.quarantined),
            rollback=self.rollback,
            error=self.error,
        )
