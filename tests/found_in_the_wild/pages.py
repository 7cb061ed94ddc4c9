"""Loading the harnesses of the pages."""

import sys
from pathlib import Path
from types import ModuleType

from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.harness.loading import load_harness

ROOT = Path(__file__).parents[2]


def harness_of(target: str) -> type[Harness]:
    """Answer the harness `page:Name`, or the only one of `page`."""
    page, colon, name = target.partition(":")
    return load_harness(f"docs/found-in-the-wild/{page}.py{colon}{name}", ROOT)


def module_of(target: str) -> ModuleType:
    """Answer the module that holds it."""
    return sys.modules[harness_of(target).__module__]
