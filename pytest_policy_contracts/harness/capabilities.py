"""What a harness can do, read from the methods it overrides.

Rules: a base class marks a method `capability` (optional, unlocks clauses) or `required`; a
subclass declares it by writing its own. Setting an optional one to `None` takes it back. What is
listed in `capability_flags` is an attribute that declares itself by being true. Nothing is called
to find out, so asking is free of effects. It must not know which clause needs what: feature
files say that.
"""

from collections.abc import Callable, Iterator, Mapping
from inspect import getattr_static, getdoc, signature
from textwrap import indent
from typing import Any, TypeVar

from pytest_policy_contracts.harness.problems import HarnessError

_Method = TypeVar("_Method", bound=Callable[..., Any])
_OPTIONAL = "__policy_capability__"
_EXAMPLE = "__policy_example__"


def capability(method: _Method) -> _Method:
    """Mark a method of a base class as optional: who overrides it declares the capability."""
    setattr(method, _OPTIONAL, True)
    return method


def required(example: str) -> Callable[[_Method], _Method]:
    """Mark a method of a base class as one that every harness writes; `example` shows how."""

    def mark(method: _Method) -> _Method:
        setattr(method, _EXAMPLE, example)
        return method

    return mark


def capabilities(harness: object) -> frozenset[str]:
    """Answer the capabilities that a harness class or instance declares."""
    written = (name for name in _marked(harness, _OPTIONAL) if _declares(harness, name))
    return frozenset((*written, *(name for name in capability_flags(harness) if getattr(harness, name))))


def supported_capabilities(harness: object) -> frozenset[str]:
    """Answer every capability that the harness's base class has, declared or not."""
    return frozenset((*_marked(harness, _OPTIONAL), *capability_flags(harness)))


def capability_flags(harness: object) -> Mapping[str, str]:
    """Answer the attributes of the harness's base class that declare a capability by being true, and what each says."""
    flags: Mapping[str, str] = getattr(harness, "capability_flags", {})
    return flags


def definition_of(harness: object, name: str) -> tuple[str, str]:
    """Answer how a capability is written, ``def snapshot(self, subject)``, and in one sentence what it is for."""
    if name in capability_flags(harness):
        return f"{name} = True", capability_flags(harness)[name]
    method = getattr(class_of(harness), name)
    parameters = ", ".join(one for one in signature(method).parameters)
    return f"def {name}({parameters})", " ".join((getdoc(method) or "").partition("\n\n")[0].split())


def how_to_declare(harness: object, name: str) -> str:
    """Answer what stands in a harness that has the capability: ``snapshot()`` or ``emits_events = True``."""
    return f"{name} = True" if name in capability_flags(harness) else f"{name}()"


def missing_methods(harness: object) -> tuple[str, ...]:
    """Answer the required methods that are not written, in the order of the base class."""
    return tuple(name for name in _marked(harness, _EXAMPLE) if not _declares(harness, name))


def missing_error(harness: object, *names: str) -> HarnessError:
    """Make the error for required methods that are not written; it shows what to write."""
    owner = class_of(harness)
    base = owner.__bases__[0].__name__
    examples = "\n".join(_example(owner, name) for name in names)
    listed = " and no ".join(f"{name}()" for name in names)
    return HarnessError(
        f"{owner.__name__} has no {listed}. Write:\n\nclass {owner.__name__}({base}):\n{indent(examples, '    ')}"
    )


def not_declared(harness: object, name: str) -> HarnessError:
    """Make the error for a capability that is called although the harness does not declare it."""
    return HarnessError(f"{type(harness).__name__} does not declare {name!r}. Ask capabilities() before calling it.")


def refuse_values(harness: object) -> None:
    """Raise `HarnessError` where a value stands in place of a method, or a method in place of a flag."""
    for name in capability_flags(harness):
        found = getattr_static(harness, name)
        if not isinstance(found, bool):
            raise HarnessError(
                f"{class_of(harness).__name__}.{name} is a {type(found).__name__}, not a flag. "
                f"Write {name} = True or {name} = False."
            )
    for name in (*_marked(harness, _EXAMPLE), *_marked(harness, _OPTIONAL)):
        found = getattr_static(harness, name)
        if not (callable(found) or isinstance(found, staticmethod | classmethod) or found is None):
            raise HarnessError(
                f"{class_of(harness).__name__}.{name} is a {type(found).__name__}, not a method. "
                f"Write def {name}(self, …): return …"
            )


def class_of(harness: object) -> type:
    """Answer the class of a harness that may be given as a class or as an instance."""
    return harness if isinstance(harness, type) else type(harness)


def _declares(harness: object, name: str) -> bool:
    found = getattr_static(harness, name)
    return found is not None and not hasattr(found, _OPTIONAL) and not hasattr(found, _EXAMPLE)


def _marked(harness: object, mark: str) -> Iterator[str]:
    seen: set[str] = set()
    for owner in class_of(harness).__mro__:
        for name, value in vars(owner).items():
            if hasattr(value, mark) and name not in seen:
                seen.add(name)
                yield name


def _example(owner: type, name: str) -> str:
    for one in owner.__mro__:
        example = getattr(vars(one).get(name), _EXAMPLE, None)
        if isinstance(example, str):
            return example
    return f"def {name}(self): ..."
