"""Claim: the installed plugin, switched off, costs a run of pytest at most 5 ms and loads nothing heavy.

Runs pytest on an empty project with the plugin and with `-p no:policy-contracts`, by turns; compared is the
processor time of the process, because the wall time of a start varies by more than what is measured, and the
median of the differences counts. Beside it the same work is timed inside a process: importing the plugin and
calling its two hooks. Other plugins are off in both, so that what is loaded is ours: neither pytest_bdd nor
hypothesis nor asyncio may be among it. Run: `python -m benchmarks.plugin_off`.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import middle, reached

REACH_MS = 5.0
PAIRS = 40
IMPORTS = 15
HEAVY = ("pytest_bdd", "hypothesis", "asyncio", "gherkin")
OURS = "policy-contracts"

_OTHERS_OFF = ["-p", "no:pytest-bdd", "-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:cacheprovider"]
_EMPTY = 5  # what pytest returns when it has collected nothing

_LOADED = """
import json, sys, pytest
status = pytest.main(sys.argv[1:])
print(json.dumps({"status": int(status), "modules": sorted(sys.modules)}))
"""

_HOOKS = """
import time, pytest, _pytest.config
config = _pytest.config.get_config()
begun = time.process_time()
import pytest_policy_contracts.plugin as plugin
plugin.pytest_addoption(config._parser)
print((time.process_time() - begun) * 1000)
"""


def main() -> int:
    """Measure, print and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
        held = [
            _loads_nothing_heavy(project),
            reached("pytest with the plugin off, more than without it", _more_ms(project), REACH_MS, " ms"),
            reached("importing the plugin and declaring its options", _import_ms(project), REACH_MS, " ms"),
        ]
    return 0 if all(held) else 1


def _loads_nothing_heavy(project: Path) -> bool:
    ours = _modules(project, []) - _modules(project, ["-p", f"no:{OURS}"])
    heavy = sorted(name for name in ours if name.partition(".")[0] in HEAVY)
    if not any(name.startswith("pytest_policy_contracts") for name in ours):
        raise RuntimeError("the plugin is not installed here, so there is nothing to measure")
    print(f"{'MISSED' if heavy else 'ok':7}modules loaded by us: {len(ours)} ({', '.join(sorted(ours))})")
    if heavy:
        print(f"       of which none may be: {', '.join(heavy)}")
    return not heavy


def _modules(project: Path, options: Sequence[str]) -> set[str]:
    command = [sys.executable, "-c", _LOADED, *_OTHERS_OFF, *options]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout.splitlines()[-1])
    if seen["status"] != _EMPTY:
        raise RuntimeError(f"pytest ended with {seen['status']} instead of {_EMPTY}:\n{done.stdout}")
    return set(seen["modules"])


def _more_ms(project: Path) -> float:
    """Return the median of what a run costs more with the plugin than without it."""
    command = [sys.executable, "-m", "pytest", "-q", *_OTHERS_OFF]
    pairs = []
    for number in range(PAIRS):
        both = [command, [*command, "-p", f"no:{OURS}"]]
        # The second of a pair finds warmer caches, so the order alternates.
        first = number % 2
        times = {which: _processor_ms(both[which], project) for which in (first, 1 - first)}
        pairs.append(times[0] - times[1])
    return middle(pairs)


def _processor_ms(command: Sequence[str], project: Path) -> float:
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != _EMPTY:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode} instead of {_EMPTY}")
    return (used.ru_utime + used.ru_stime) * 1000


def _import_ms(project: Path) -> float:
    command = [sys.executable, "-c", _HOOKS]
    return middle(
        [
            float(subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout)
            for _ in range(IMPORTS)
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
