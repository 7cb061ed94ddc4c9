"""Claim: the whole Reloadable contract is checked in 3 s by the command and in 4 s by pytest, on one core.

One simple subject (`subjects/one_harness.py`), 200 schedules for each clause marked with every interleaving, in an empty
project, wall time from the start of the process to its end; the best of a few runs.
Run: `python -m benchmarks.whole_contract`.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import ROOT, on_one_core, reached, seconds_of

COMMAND_REACH_SECONDS = 3.0
PYTEST_REACH_SECONDS = 4.0
RUNS = 3

HARNESS = ROOT / "benchmarks" / "subjects" / "one_harness.py"


def main() -> int:
    """Measure, print and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
        shutil.copy(HARNESS, project / "test_contracts.py")
        command = [sys.executable, "-m", "pytest_policy_contracts", "verify", "test_contracts.py:CacheContract"]
        pytest = [sys.executable, "-m", "pytest", "-q", "--policy-contracts-only"]
        held = [
            reached("whole contract, command", _best(command, project), COMMAND_REACH_SECONDS, " s"),
            reached("whole contract, pytest", _best(pytest, project), PYTEST_REACH_SECONDS, " s"),
        ]
    return 0 if all(held) else 1


def _best(command: list[str], project: Path) -> float:
    return min(seconds_of(on_one_core(command), project) for _ in range(RUNS))


if __name__ == "__main__":
    sys.exit(main())
