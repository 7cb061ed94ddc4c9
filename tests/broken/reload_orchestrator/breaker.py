"""The circuit breaker of the orchestrator that the broken subjects deviate from; it keeps every clause."""

import asyncio

from pytest_policy_contracts import CircuitOpenError, OrchestratorConfig


class Circuit:
    """Closed, open for a period, or waiting for its probe."""

    def __init__(self, config: OrchestratorConfig) -> None:
        self.threshold = config.failure_threshold
        self.base = config.backoff_base.total_seconds()
        self.cap = config.backoff_cap.total_seconds()
        self.failures = 0
        self.openings = 0
        self.until: float | None = None
        self.probing = False

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def is_open(self) -> bool:
        return self.until is not None

    def admit(self) -> bool:
        """Let a request in or raise; tell whether it is the probe."""
        if self.until is None:
            return False
        if self.probing or self.now() < self.until:
            raise CircuitOpenError("too many reloads failed")
        self.probing = True
        return True

    def period(self) -> float:
        return min(self.base * 2.0**self.openings, self.cap)

    def failed(self, probe: bool) -> bool:
        """Count a failure; tell whether it opened the circuit."""
        self.failures += 1
        if not probe and self.failures < self.threshold:
            return False
        self.until = self.now() + self.period()
        self.openings += 1
        self.probing = False
        return True

    def succeeded(self) -> None:
        self.failures = self.openings = 0
        self.until, self.probing = None, False

    def said_nothing(self, probe: bool) -> None:
        """A request ended that tells nothing about the system."""
        if probe:
            self.probing = False
