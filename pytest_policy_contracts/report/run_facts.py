"""Where and when a run is made.

Rules: read once, when the report is made; nothing here may reach any other part of a report, or two
identical runs would differ. It must not read anything that identifies a person.
"""

import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from pytest_policy_contracts.report.results import RunFacts

_PACKAGE = "pytest-policy-contracts"


class Stopwatch:
    """Notes when a run began; `facts` says how long it has taken since."""

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._started = now()
        self._began_at = monotonic()

    def facts(self) -> RunFacts:
        """Return when and where the run was made."""
        return RunFacts(
            started=self._started.isoformat(timespec="seconds"),
            duration_seconds=round(self._monotonic() - self._began_at, 3),
            host=platform.node(),
            versions={
                _PACKAGE: _installed_version(),
                "python": platform.python_version(),
                "implementation": platform.python_implementation(),
                "platform": platform.platform(),
            },
        )


def _installed_version() -> str:
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:
        return "not installed"
