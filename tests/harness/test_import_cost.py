"""What importing the harness package drags into an adopter's test run."""

import json
import subprocess
import sys

_SCRIPT = """
import sys, json, dataclasses, datetime, typing
before = set(sys.modules)
import pytest_policy_contracts.harness
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_import_pulls_in_next_to_nothing() -> None:
    """Beyond dataclasses, datetime and typing next to nothing is loaded, and no event loop."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0].lstrip("_") for name in json.loads(done.stdout)}

    assert "pytest_policy_contracts" in loaded
    assert not loaded & {
        "asyncio",
        "gherkin",
        "pytest",
        "tomllib",
        "difflib",
        "importlib",
        "threading",
    }
    assert 30 > len(json.loads(done.stdout))
