"""Finding harness classes: behind a target, in a module, and whether one is complete.

Rules: every error says what was found and what to write. A class that lacks a required method
counts as a shared base if another harness class of the module derives from it, and as a mistake if
none does, because leaving it out would be a green run of nothing. Names that start with `_` are
left out. No harness is made here.
"""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TypeGuard

from pytest_policy_contracts.contracts.near_matches import did_you_mean
from pytest_policy_contracts.harness.capabilities import (
    missing_error,
    missing_methods,
    refuse_values,
)
from pytest_policy_contracts.harness.deviations import KnownDeviation
from pytest_policy_contracts.harness.harness import Harness
from pytest_policy_contracts.harness.importing import import_target
from pytest_policy_contracts.harness.problems import HarnessError
from pytest_policy_contracts.harness.targets import Target, parse_target


def load_harnesses(text: str, root: Path) -> tuple[type[Harness], ...]:
    """Answer the class a target names, or all of its module; files are taken from `root`."""
    target = parse_target(text)
    module = import_target(target, root)
    if target.name is None:
        return harness_classes(module)
    return (_named(module, target.name, target),)


def load_harness(text: str, root: Path) -> type[Harness]:
    """Answer the one class a target names; a target without a name has to hold exactly one."""
    found = load_harnesses(text, root)
    if len(found) > 1:
        names = ", ".join(one.__name__ for one in found)
        raise HarnessError(f"{text!r} holds {len(found)} harness classes: {names}. Add :Name.")
    return next(iter(found))


def harness_classes(module: ModuleType) -> tuple[type[Harness], ...]:
    """Answer the harness classes of a module, checked, in the order written; none is an error."""
    candidates = _candidates(module)
    found = [one for one in candidates if not _is_shared_base(one, candidates)]
    if not found:
        raise HarnessError(f"{module.__name__} holds no harness class. Derive one from {_bases()}.")
    for one in found:
        check_harness(one)
    return tuple(found)


def check_harness(harness: type[Harness]) -> None:
    """Raise `HarnessError` where a class cannot be run as it is written."""
    if not harness.contract:
        raise HarnessError(f"{harness.__name__} derives from Harness, which has no contract. Derive from {_bases()}.")
    if missing := missing_methods(harness):
        raise missing_error(harness, *missing)
    refuse_values(harness)
    _check_deviations(harness)


def is_harness_class(found: object) -> TypeGuard[type[Harness]]:
    """Whether it is an adopter's harness class, complete or not; the suite's bases are none."""
    return isinstance(found, type) and issubclass(found, Harness) and found not in _suite_classes()


def _candidates(module: ModuleType) -> list[type[Harness]]:
    named = (value for name, value in vars(module).items() if not name.startswith("_"))
    return list(dict.fromkeys(one for one in named if is_harness_class(one)))


def _is_shared_base(harness: type[Harness], candidates: list[type[Harness]]) -> bool:
    if harness.contract and not missing_methods(harness):
        return False
    return any(one is not harness and issubclass(one, harness) for one in candidates)


def _named(module: ModuleType, name: str, target: Target) -> type[Harness]:
    found: object = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise _no_such_name(module, name, target)
        found = getattr(found, part)
    if not is_harness_class(found):
        raise HarnessError(f"{target.text!r} is {_kind(found)}. Name a class derived from {_bases()}.")
    check_harness(found)
    return found


def _no_such_name(module: ModuleType, name: str, target: Target) -> HarnessError:
    classes = [one.__name__ for one in _candidates(module)]
    remedy = did_you_mean(name, classes) if classes else f"Derive a class from {_bases()}."
    held = f"its harness classes: {', '.join(classes)}" if classes else "it has no harness class"
    return HarnessError(f"{target.text!r}: {module.__name__} has no {name}; {held}. {remedy}")


def _kind(found: object) -> str:
    if isinstance(found, Harness):
        return f"an instance of {type(found).__name__}"
    if isinstance(found, type):
        suite = found in _suite_classes()
        return f"{found.__name__}, a base of the suite" if suite else f"the class {found.__name__}, no harness"
    return f"a {type(found).__name__}"


def _suite_classes() -> tuple[type[Harness], ...]:
    package = __name__.rpartition(".")[0]
    bases = (one for one in Harness.__subclasses__() if one.__module__.startswith(f"{package}."))
    return (Harness, *bases)


def _bases() -> str:
    return " or ".join(sorted(one.__name__ for one in _suite_classes() if one is not Harness))


def _check_deviations(harness: type[Harness]) -> None:
    table: object = harness.known_deviations
    if not isinstance(table, Mapping):
        raise HarnessError(
            f'{harness.__name__}.known_deviations is a {type(table).__name__}. Write {{"RLD-007": KnownDeviation(…)}}.'
        )
    for clause, deviation in table.items():
        if not isinstance(clause, str) or not isinstance(deviation, KnownDeviation):
            raise HarnessError(
                f"{harness.__name__}.known_deviations has {clause!r}: {deviation!r}. "
                "Write a clause id and a KnownDeviation(reason=…, owner=…, expires=…, message=…)."
            )
