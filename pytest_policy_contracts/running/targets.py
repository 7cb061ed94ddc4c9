"""The harnesses of a run: given as objects, or named as on a command line.

Rules: each harness class once, in the order named; where two classes share a name, both are called
by their module too, because reports are keyed by it. A harness that cannot be made is refused here,
before anything runs.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.harness import Harness, HarnessError
from pytest_policy_contracts.harness.loading import check_harness, load_harnesses
from pytest_policy_contracts.harness.targets import parse_target


@dataclass(frozen=True, slots=True)
class HarnessTarget:
    """A harness of a run, and how it is called in reports."""

    name: str
    owner: type[Harness]
    make: Callable[[], Harness]
    """Gives a fresh harness on every call."""
    place: str = ""
    """The target that names just this harness on a command line; empty where there is none."""

    @property
    def contract(self) -> str:
        """The name of the harness's contract."""
        return self.owner.contract


def target_of(harness: object) -> HarnessTarget:
    """Take a harness class or an instance; anything else raises `UsageError`.

    An instance is copied for every run, so that what a run keeps in it does not reach the next.
    """
    if isinstance(harness, Harness):
        return _target(type(harness), lambda: copy.copy(harness))
    if isinstance(harness, type) and issubclass(harness, Harness):
        return _target(harness, harness)
    raise UsageError(
        f"{harness!r} is no harness but a {type(harness).__name__}. Give a class derived from "
        "ReloadableHarness, or an instance of one."
    )


def targets_from(texts: Iterable[str], root: Path) -> tuple[HarnessTarget, ...]:
    """Load what the texts name, each class once; files are taken from `root`.

    A text that names nothing raises `HarnessError`.
    """
    found: dict[type[Harness], HarnessTarget] = {}
    for text in texts:
        for owner in load_harnesses(text, root):
            place = f"{_where(text)}:{parse_target(text).name or owner.__name__}"
            found.setdefault(owner, replace(target_of(owner), place=place))
    return distinctly_named(found.values())


def distinctly_named(targets: Iterable[HarnessTarget]) -> tuple[HarnessTarget, ...]:
    """Return the targets with the module in the names that would else be those of several."""
    given = tuple(targets)
    times = Counter(one.name for one in given)
    return tuple(one if times[one.name] == 1 else _with_module(one) for one in given)


def _target(owner: type[Harness], make: Callable[[], Harness]) -> HarnessTarget:
    check_harness(owner)
    try:
        make()
    except Exception as error:
        raise HarnessError(
            f"A harness {owner.__name__} cannot be made: {type(error).__name__}: {error}. "
            "Write __init__ so that it takes no arguments, or leave it out."
        ) from error
    return HarnessTarget(owner.__name__, owner, make)


def _with_module(target: HarnessTarget) -> HarnessTarget:
    return replace(target, name=f"{target.owner.__module__}.{target.owner.__qualname__}")


def _where(text: str) -> str:
    target = parse_target(text)
    return str(target.file or target.module)
