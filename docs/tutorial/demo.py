"""`make demo`: the three contracts on a small project, with one part for each that conforms and one that does not.

Rules: it runs what an adopter types, as they type it, shows all of it, and ends with 0 only if each
command ended with the expected code. It must not import the suite.
"""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_PROJECT = Path(__file__).with_name("cache_project")
_BIN = Path(sys.executable).parent
_RELOADABLE = "tests.test_contracts"
_HEALTH = "tests.test_health_contracts"
_GUARD = "tests.test_guard_contracts"


@dataclass(frozen=True, slots=True)
class Scene:
    """One command, the exit code that is expected of it, and what that says."""

    command: str
    code: int
    meaning: str


SCENES = (
    Scene(
        'pytest --policy-contracts -q -k "RLD-007 or HLT-009 or TNT-012"',
        1,
        "pytest's own code for failed tests. Each clause was tried on two: the one keeps it, the other does not.",
    ),
    Scene(
        f"policy-contracts verify {_RELOADABLE}:CacheContract {_HEALTH}:CacheHealthContract {_GUARD}:CacheGuardContract",
        0,
        "conformant: no tested clause is broken, and what could not be tested is named with its reason.",
    ),
    Scene(
        f"policy-contracts verify {_HEALTH}:RosyCacheHealthContract --clauses HLT-007",
        1,
        "violated. The other codes: 2 usage, 3 incomplete, 4 the suite or the harness itself failed.",
    ),
    Scene(
        f"policy-contracts replay RLD-007:1:s1 {_RELOADABLE}:HastyCacheContract",
        1,
        "the recorded run breaks the promise again, step by step, on any machine.",
    ),
)


def main() -> int:
    """Play every scene; answer 0 if each ended as expected, else 1."""
    wrong = [scene for scene in SCENES if not _played(scene)]
    if wrong:
        print(f"demo: {len(wrong)} of {len(SCENES)} commands did not end as expected.")
        return 1
    print(f"demo: all {len(SCENES)} commands ended as expected, so this demo exits with 0.")
    return 0


def _played(scene: Scene) -> bool:
    print(f"{'=' * 100}\n$ {scene.command}\n", flush=True)
    program, *arguments = shlex.split(scene.command)
    environment = os.environ | {"COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run([_BIN / program, *arguments], cwd=_PROJECT, env=environment, check=False)
    expected = "as expected" if ended.returncode == scene.code else f"but {scene.code} was expected"
    print(f"\nexit code {ended.returncode}, {expected}: {scene.meaning}\n", flush=True)
    return ended.returncode == scene.code


if __name__ == "__main__":
    sys.exit(main())
