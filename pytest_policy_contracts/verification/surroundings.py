"""What is put in place around all runs of a scenario: clocks, loops, locks, threads, warnings, randomness."""

from __future__ import annotations

import os
import random
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from types import ModuleType

from pytest_policy_contracts.simulation.clock import look_up_clocks, virtual_time
from pytest_policy_contracts.simulation.guard import adopted_threads
from pytest_policy_contracts.simulation.leaks import Leak, collecting_warnings
from pytest_policy_contracts.simulation.nested_loops import nested_loops
from pytest_policy_contracts.simulation.tasks import is_own_code
from pytest_policy_contracts.simulation.threads import controlled_primitives, look_up_primitives
from pytest_policy_contracts.verification.world import Style

_TOOLS = frozenset(
    {
        "_pytest", "coverage", "execnet", "gherkin", "hypothesis", "mypy", "parse", "parse_type", "pip",
        "pkg_resources", "pluggy", "py", "pygments", "pytest", "pytest_bdd", "pytest_cov", "pytest_policy_contracts",
        "setuptools", "xdist",
    }
)  # fmt: skip
_INSTALLED = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
_STANDARD_LIBRARY = os.path.dirname(os.__file__)


def program_modules() -> list[ModuleType]:
    """Return the loaded modules that may belong to the program under test: neither standard library nor test tools.

    They are looked for only when more have been loaded: in a forked child, looking at all of them copies their pages.
    """
    return _program_modules(len(sys.modules))


@lru_cache(maxsize=1)
def _program_modules(loaded: int) -> list[ModuleType]:
    return [
        module
        for name, module in list(sys.modules.items())
        if isinstance(module, ModuleType)
        and name.partition(".")[0] not in _TOOLS
        and _is_program(getattr(module, "__file__", None))
    ]


def _is_program(file: str | None) -> bool:
    if not file:
        return False
    return file.startswith(_INSTALLED) or is_own_code(file)


def look_around() -> None:
    """Find what the surroundings will replace, so that each forked child need not search for itself."""
    modules = program_modules()
    look_up_clocks(modules)
    look_up_primitives(modules)


@contextmanager
def surroundings(style: Style) -> Iterator[list[Leak]]:
    """Put the simulated surroundings in place; yield the record of forgotten coroutines and unclosed resources."""
    modules = program_modules()
    state = random.getstate()
    with ExitStack() as stack:
        stack.callback(random.setstate, state)
        stack.enter_context(virtual_time(modules))
        stack.enter_context(nested_loops())
        stack.enter_context(adopted_threads())
        if style is Style.SYNC:
            stack.enter_context(controlled_primitives(modules))
        yield stack.enter_context(collecting_warnings())
