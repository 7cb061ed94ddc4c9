"""One time for the whole world: the event loop's, `time.*`, `datetime.now` and `time.sleep`.

`virtual_time()` patches the clocks of the process. The patched functions are inert except on threads that take part in a
simulated world (`participants`), so that a test runner's own threads keep real time while a world runs.

`datetime.datetime` itself stays untouched, because pickle looks classes up by name; only names in the given modules that
refer to it (`from datetime import datetime`, `import datetime`) are rebound.
"""

from __future__ import annotations

import contextlib
import datetime as real_datetime_module
import sys
import time as time_module
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import get_ident
from types import ModuleType
from typing import Any, Protocol

from pytest_policy_contracts.simulation.aliases import look_up, rebind

EPOCH = 1_767_225_600.0
"""What `time.time()` reads when a world begins: 2026-01-01T00:00:00Z, a constant so that wall-clock values replay."""


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """A `time.sleep` on a thread that must not block: how long, and where (`file:line in function`)."""

    seconds: float
    place: str


class VirtualClock:
    """Seconds since the world began, and the sleeps that stopped its event loop."""

    __slots__ = ("blocked", "now")

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.blocked: list[BlockingCall] = []

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; time never runs backwards."""
        if seconds > 0:
            self.now += seconds

    def advance_to(self, moment: float) -> None:
        """Let time pass until `moment`, if that is in the future."""
        if moment > self.now:
            self.now = moment


class Participant(Protocol):
    """A thread's view of its world's time."""

    clock: VirtualClock

    def sleep(self, seconds: float) -> None:
        """Do what `time.sleep(seconds)` means on this thread."""


participants: dict[int, Participant] = {}
"""The threads that live in virtual time, by thread identifier."""

_real_sleep = time_module.sleep
_DATETIME = real_datetime_module.datetime
_DATE = real_datetime_module.date
_REAL = (_DATETIME, _DATE)


def _virtual_clock_function(name: str, base: float, nanoseconds: bool) -> Callable[[], float | int]:
    real: Callable[[], float | int] = getattr(time_module, name)

    def seconds() -> float | int:
        participant = participants.get(get_ident())
        return real() if participant is None else base + participant.clock.now

    def as_nanoseconds() -> float | int:
        participant = participants.get(get_ident())
        return real() if participant is None else round((base + participant.clock.now) * 1e9)

    function = as_nanoseconds if nanoseconds else seconds
    function.__name__ = name
    return function


def _sleep(seconds: float) -> None:
    participant = participants.get(get_ident())
    if participant is None:
        _real_sleep(seconds)
    else:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        participant.sleep(float(seconds))


def _broken_down(name: str) -> Callable[..., Any]:
    """`gmtime`, `localtime` and `ctime` read the clock when called without an argument."""
    real: Callable[..., Any] = getattr(time_module, name)

    def function(seconds: float | None = None) -> Any:
        participant = participants.get(get_ident())
        if seconds is None and participant is not None:
            seconds = EPOCH + participant.clock.now
        return real(seconds)

    function.__name__ = name
    return function


def _formatted(name: str) -> Callable[..., Any]:
    """`strftime` and `asctime` read the clock when called without a broken-down time."""
    real: Callable[..., Any] = getattr(time_module, name)
    before = 1 if name == "strftime" else 0

    def function(*args: Any) -> Any:
        if len(args) == before and get_ident() in participants:
            args = (*args, time_module.localtime())
        return real(*args)

    function.__name__ = name
    return function


class _StandsForDatetime(type):
    """Answers for the real class; a class that a program derives from the stand-in answers for itself."""

    def __instancecheck__(cls, instance: object) -> bool:
        real = cls.__mro__[1]
        return isinstance(instance, real) if real in _REAL else type.__instancecheck__(cls, instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        real = cls.__mro__[1]
        return issubclass(subclass, real) if real in _REAL else type.__subclasscheck__(cls, subclass)


class _VirtualDatetime(_DATETIME, metaclass=_StandsForDatetime):
    """Makes plain `datetime` values, and reads the world's clock where the real class reads the machine's."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _DATETIME.__new__(_DATETIME if cls is _VirtualDatetime else cls, *args, **kwargs)

    @classmethod
    def now(cls, tz: real_datetime_module.tzinfo | None = None) -> Any:
        return cls.fromtimestamp(time_module.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.fromtimestamp(time_module.time(), real_datetime_module.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return cls.now()


class _VirtualDate(_DATE, metaclass=_StandsForDatetime):
    """Makes plain `date` values; `today` reads the world's clock."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _DATE.__new__(_DATE if cls is _VirtualDate else cls, *args, **kwargs)

    @classmethod
    def today(cls) -> Any:
        return cls.fromtimestamp(time_module.time())


def _module_with_virtual_datetime() -> ModuleType:
    stand_in = ModuleType("datetime", real_datetime_module.__doc__)
    stand_in.__dict__.update(vars(real_datetime_module))
    stand_in.__dict__.update(datetime=_VirtualDatetime, date=_VirtualDate)
    return stand_in


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "time": _virtual_clock_function("time", EPOCH, False),
    "monotonic": _virtual_clock_function("monotonic", 0.0, False),
    "perf_counter": _virtual_clock_function("perf_counter", 0.0, False),
    "time_ns": _virtual_clock_function("time_ns", EPOCH, True),
    "monotonic_ns": _virtual_clock_function("monotonic_ns", 0.0, True),
    "perf_counter_ns": _virtual_clock_function("perf_counter_ns", 0.0, True),
    "gmtime": _broken_down("gmtime"),
    "localtime": _broken_down("localtime"),
    "ctime": _broken_down("ctime"),
    "asctime": _formatted("asctime"),
    "strftime": _formatted("strftime"),
    "sleep": _sleep,
}
real_time: dict[str, Callable[..., Any]] = {name: getattr(time_module, name) for name in _FUNCTIONS}
"""The machine's own clock functions by name, for code of the suite that must measure real time inside a world."""

_STAND_INS: dict[int, Any] = {
    **{id(real_time[name]): virtual for name, virtual in _FUNCTIONS.items()},
    id(_DATETIME): _VirtualDatetime,
    id(_DATE): _VirtualDate,
    id(real_datetime_module): _module_with_virtual_datetime(),
}
_ALIASED_STANDARD_MODULES = ("threading", "queue", "sched")
_installed = 0
_undo: list[Callable[[], None]] = []


@contextlib.contextmanager
def virtual_time(modules: Iterable[ModuleType] = ()) -> Iterator[None]:
    """Patch the clocks while the context lasts; names in `modules` that refer to a clock are rebound as well.

    May be nested, with other modules too: everything is put back when the last context is left.
    """
    global _installed
    _undo.extend(_install(modules))
    _installed += 1
    try:
        yield
    finally:
        _installed -= 1
        while _undo and not _installed:
            _undo.pop()()


def look_up_clocks(modules: Iterable[ModuleType]) -> None:
    """Find the names that `virtual_time` will rebind, ahead of a fork."""
    look_up(modules, _STAND_INS)


def _install(modules: Iterable[ModuleType]) -> list[Callable[[], None]]:
    standard = [sys.modules[name] for name in _ALIASED_STANDARD_MODULES if name in sys.modules]
    undo: list[Callable[[], None]] = []
    for name, virtual in _FUNCTIONS.items():
        setattr(time_module, name, virtual)
        undo.append(partial(setattr, time_module, name, real_time[name]))
    return undo + rebind([*standard, *modules], _STAND_INS)
