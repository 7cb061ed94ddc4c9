"""One time for the whole world: the event loop's, `time.*`, `datetime.now` and `time.sleep`.

`virtual_time()` patches the clocks of the process. The patched functions are inert except on threads that take part in a
simulated world (`participants`), so that a test runner's own threads keep real time while a world runs.

`datetime` stays the class it is, and its methods `now` and `utcnow` are replaced in the dictionary of the built-in type. A
class in its place would be another class to `type(value) is datetime`, to tables of handlers, to validators of annotations
and to pickle, and would be missed by an import in the body of a function. `today` needs nothing: it asks `time.time`.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime as datetime_module
import gc
import sys
import time as time_module
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from threading import get_ident
from types import FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any, NoReturn, Protocol

from pytest_policy_contracts.simulation.aliases import look_up, put_back, rebind

EPOCH = 1_767_225_600.0
"""What `time.time()` reads when a world begins: 2026-01-01T00:00:00Z, a constant so that wall-clock values replay."""


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """A `time.sleep` on a thread that must not block: how long, and where (`file:line in function`)."""

    seconds: float
    place: str


class VirtualClock:
    """Seconds since the world began, and the sleeps that stopped its event loop.

    The world goes by `now`. The program under test reads `wall` and `steady`, which are kept beside it, so that they can jump
    and fail while the world goes on, and a reading costs no more for it.
    """

    __slots__ = ("_error", "_jumped", "blocked", "now", "steady", "wall")

    def __init__(self, now: float = 0.0) -> None:
        self.blocked: list[BlockingCall] = []
        self._jumped = 0.0
        self._error: Exception | None = None
        self._set(now)

    def _set(self, now: float) -> None:
        self.now = self.steady = now
        self.wall = EPOCH + self._jumped + now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; time never runs backwards."""
        if seconds > 0:
            self._set(self.now + seconds)

    def advance_to(self, moment: float) -> None:
        """Let time pass until `moment`, if that is in the future."""
        if moment > self.now:
            self._set(moment)

    def jump(self, seconds: float) -> None:
        """Shift what the program's wall clocks read from now on; its monotonic clocks, timers and sleeps notice nothing."""
        self._jumped += seconds
        self._set(self.now)

    def fail_with(self, error: Exception | None) -> None:
        """Let every reading by the program raise `error` from now on, until None is given; timers and sleeps go on."""
        self._error = error
        self.__class__ = VirtualClock if error is None else _FailingClock
        self._set(self.now)


class _FailingClock(VirtualClock):
    """What a clock is while it fails: a class of its own, so that a clock that works has nothing to ask."""

    __slots__ = ()

    def _set(self, now: float) -> None:
        self.now = now

    def _fail(self) -> NoReturn:
        assert self._error is not None
        raise self._error.with_traceback(None)  # or that of the last reading would be the beginning of this one's

    steady = wall = property(_fail)


class Participant(Protocol):
    """A thread's view of its world's time."""

    clock: VirtualClock

    def sleep(self, seconds: float) -> None:
        """Do what `time.sleep(seconds)` means on this thread."""


participants: dict[int, Participant] = {}
"""The threads that live in virtual time, by thread identifier."""


def _wall(real: Callable[[], float]) -> float:
    participant = participants.get(get_ident())
    return real() if participant is None else participant.clock.wall


def _steady(real: Callable[[], float]) -> float:
    participant = participants.get(get_ident())
    return real() if participant is None else participant.clock.steady


def _wall_ns(real: Callable[[], int]) -> int:
    participant = participants.get(get_ident())
    return real() if participant is None else round(participant.clock.wall * 1e9)


def _steady_ns(real: Callable[[], int]) -> int:
    participant = participants.get(get_ident())
    return real() if participant is None else round(participant.clock.steady * 1e9)


def _broken_down(real: Callable[..., Any], seconds: float | None = None) -> Any:
    """`gmtime`, `localtime` and `ctime` read the clock when called without an argument."""
    participant = participants.get(get_ident())
    if seconds is None and participant is not None:
        seconds = participant.clock.wall
    return real(seconds)


def _formatted(real: Callable[..., Any], *args: Any) -> Any:
    """`strftime` and `asctime` read the clock when called without a broken-down time."""
    before = 1 if real is real_time["strftime"] else 0
    if len(args) == before and get_ident() in participants:
        args = (*args, time_module.localtime())
    return real(*args)


def _sleep(real: Callable[[float], None], seconds: float) -> None:
    participant = participants.get(get_ident())
    if participant is None:
        real(seconds)
    else:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        participant.sleep(float(seconds))


_VIRTUAL: dict[str, Callable[..., Any]] = {
    "time": _wall,
    "monotonic": _steady,
    "perf_counter": _steady,
    "time_ns": _wall_ns,
    "monotonic_ns": _steady_ns,
    "perf_counter_ns": _steady_ns,
    "gmtime": _broken_down,
    "localtime": _broken_down,
    "ctime": _broken_down,
    "asctime": _formatted,
    "strftime": _formatted,
    "sleep": _sleep,
}
real_time: Mapping[str, Callable[..., Any]] = MappingProxyType({name: getattr(time_module, name) for name in _VIRTUAL})
"""The machine's own clock functions by name, for code of the suite that must measure real time inside a world.

Read-only, because a plain dictionary of clocks would be rebound itself where a module of the program imports it.
"""


def _standing_for(name: str, virtual: Any) -> Callable[..., Any]:
    """Return a bound method: like a built-in function, it does not become a method of the class whose attribute it is."""
    named = FunctionType(virtual.__code__, virtual.__globals__, name, virtual.__defaults__)
    return MethodType(named, real_time[name])


_FUNCTIONS = {name: _standing_for(name, virtual) for name, virtual in _VIRTUAL.items()}

_DATETIME = datetime_module.datetime
_real_methods: dict[str, Any] = {name: vars(_DATETIME)[name] for name in ("now", "utcnow", "fromtimestamp")}
_from_timestamp = _real_methods["fromtimestamp"]


def _now(cls: type[datetime_module.datetime], tz: datetime_module.tzinfo | None = None) -> Any:
    participant = participants.get(get_ident())
    if participant is None:
        return _real_methods["now"](cls, tz)
    return _from_timestamp(cls, participant.clock.wall, tz)


def _utcnow(cls: type[datetime_module.datetime]) -> Any:
    participant = participants.get(get_ident())
    if participant is None:
        return _real_methods["utcnow"](cls)
    return _from_timestamp(cls, participant.clock.wall, datetime_module.UTC).replace(tzinfo=None)


_METHODS: dict[str, Any] = {"now": _now, "utcnow": _utcnow}
for _name, _method in _METHODS.items():
    _method.__name__, _method.__qualname__ = _name, f"datetime.{_name}"  # pickle asks for it
_DATETIME_ATTRIBUTES: dict[str, Any] = gc.get_referents(vars(_DATETIME))[0]
_forget_lookups: Any = ctypes.pythonapi["PyType_Modified"]
_forget_lookups.argtypes, _forget_lookups.restype = (ctypes.py_object,), None


def _set_method(name: str, method: Any) -> None:
    """Set an attribute of `datetime`, which as a built-in type allows it only past the type: CPython's own caches are told."""
    _DATETIME_ATTRIBUTES[name] = method
    _forget_lookups(_DATETIME)


_STAND_INS: dict[Any, Any] = {
    **{id(real_time[name]): virtual for name, virtual in _FUNCTIONS.items()},
    **{(id(_DATETIME), name): MethodType(method, _DATETIME) for name, method in _METHODS.items()},
}
_REAL_ONES: dict[Any, Any] = {
    **{id(virtual): real_time[name] for name, virtual in _FUNCTIONS.items()},
    **{(id(_DATETIME), id(method)): getattr(_DATETIME, name) for name, method in _METHODS.items()},
}
"""What a module that was first imported in a world gets for the stand-ins it has found."""

_ALIASED_STANDARD_MODULES = ("threading", "queue", "sched")
_installed = 0
_undo: list[Callable[[], None]] = []
_last_import: tuple[str, ModuleType] = ("", sys)


@contextlib.contextmanager
def virtual_time(modules: Iterable[ModuleType] = ()) -> Iterator[None]:
    """Patch the clocks while the context lasts; names in `modules` that refer to a clock are rebound as well.

    May be nested, with other modules too: everything is put back when the last context is left.
    """
    global _installed
    _installed += 1
    try:
        _install(modules)
        yield
    finally:
        _installed -= 1
        if not _installed:
            _put_everything_back()


def look_up_clocks(modules: Iterable[ModuleType]) -> None:
    """Find the names that `virtual_time` will rebind, ahead of a fork."""
    look_up(modules, _STAND_INS)


def _install(modules: Iterable[ModuleType]) -> None:
    global _last_import
    if not _undo:
        _last_import = next(reversed(sys.modules.items()))
        for name, virtual in _FUNCTIONS.items():
            _undo.append(partial(setattr, time_module, name, getattr(time_module, name)))
            setattr(time_module, name, virtual)
        for name, method in _METHODS.items():
            _undo.append(partial(_set_method, name, _DATETIME_ATTRIBUTES[name]))
            _set_method(name, classmethod(method))
    standard = [sys.modules[name] for name in _ALIASED_STANDARD_MODULES if name in sys.modules]
    _undo.extend(rebind([*standard, *modules], _STAND_INS))


def _put_everything_back() -> None:
    try:
        while _undo:
            _undo.pop()()
    finally:
        if _undo:
            _put_everything_back()
    imported = list(takewhile(_last_import.__ne__, reversed(sys.modules.items())))
    put_back([module for _, module in imported if isinstance(module, ModuleType)], _REAL_ONES)
