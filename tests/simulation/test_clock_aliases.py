"""Clocks that a program holds in its hands: partial calls, containers, bound methods, defaults, wrappers."""

from __future__ import annotations

import datetime
import types
from functools import partial
from typing import Any

import pytest

from pytest_policy_contracts.simulation.clock import EPOCH, real_time, virtual_time
from tests.simulation.programs import module_of, result

BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

PROGRAM = """
import functools, time
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache, partial

stamp = partial(datetime.now, UTC)
wall = partial(time.time)
elapsed_since = partial(lambda began, clock: clock() - began, clock=time.monotonic)
given = partial(lambda clock: clock(), time.monotonic)
now = datetime.now
utcnow = datetime.utcnow
today = date.today

CLOCKS = {"wall": time.time, "stamp": partial(datetime.now, UTC), "now": datetime.now, "limit": 3}
LISTED = [time.monotonic, "a word", datetime.now]
PAIR = (time.time, datetime.now)
Pair = namedtuple("Pair", "wall now")
NAMED = Pair(time.time, datetime.now)
ORDERED = OrderedDict(wall=time.time)
GROWING = defaultdict(list, wall=time.time)
HOOKS = [lambda clock=time.monotonic: clock()]

def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

class Session:
    clocks = {"monotonic": time.monotonic}
    listed = [partial(time.time)]
    pair = (time.monotonic, 1)
    now = datetime.now
    wall = partial(time.time)
    static = staticmethod(time.monotonic)
    static_now = staticmethod(datetime.now)
    static_partial = staticmethod(partial(datetime.now, UTC))

    def __init__(self, now=datetime.now, stamp=partial(datetime.now, UTC), *, wall=partial(time.time), utcnow=datetime.utcnow):
        self.made = now(UTC), stamp(), wall(), utcnow()

@dataclass
class Event:
    at: datetime = field(default_factory=partial(datetime.now, UTC))
    local: datetime = field(default_factory=datetime.now)
    wall: float = field(default_factory=partial(time.time))
    clock: object = time.monotonic

@lru_cache
def cached(clock=time.monotonic):
    return clock()

@decorated
def wrapped(clock=time.monotonic):
    return clock()

def stamps():
    event = Event()
    return [
        stamp(), now(UTC), CLOCKS["stamp"](), CLOCKS["now"](UTC), LISTED[2](UTC), PAIR[1](UTC), NAMED.now(UTC),
        Session.now(UTC), Session().now(UTC), Session.static_now(UTC), Session().static_partial(), event.at,
        event.local.astimezone(UTC), *Session().made[:2], utcnow().replace(tzinfo=UTC),
        Session().made[3].replace(tzinfo=UTC),
    ]

def walls():
    return [
        wall(), CLOCKS["wall"](), PAIR[0](), NAMED.wall(), ORDERED["wall"](), GROWING["wall"](), Session.listed[0](),
        Session.wall(), Session().made[2], Event().wall,
    ]

def steady():
    return [
        elapsed_since(0.0), given(), LISTED[0](), HOOKS[0](), Session.clocks["monotonic"](), Session.pair[0](),
        Session.static(), Session().static(), Event().clock(), cached(), wrapped(),
    ]
"""


def program() -> Any:
    module = types.ModuleType("program_under_test")
    exec(compile(PROGRAM, "program_under_test.py", "exec", dont_inherit=True), vars(module))
    return module


def seen_in_a_world(name: str) -> list[Any]:
    module = program()

    async def main() -> Any:
        return getattr(module, name)()

    return result(main, modules=[module])


def held(module: Any) -> list[Any]:
    """Everything that the program holds, by the identity of what can be told apart by it."""
    session, event = module.Session, module.Event
    init = session.__init__
    partials = [module.stamp, module.wall, module.elapsed_since, module.given, module.CLOCKS["stamp"]]
    partials += [session.listed[0], session.wall, event.__dataclass_fields__["at"].default_factory]
    partials += [init.__defaults__[1], init.__kwdefaults__["wall"]]
    return [
        *partials,
        *(part for call in partials for part in (call.func, *call.args, *call.keywords.values())),
        *(module.now, module.utcnow, module.today, module.PAIR, module.NAMED, session.pair),
        *module.CLOCKS.values(), *module.LISTED, *module.ORDERED.values(), *module.GROWING.values(),
        *session.clocks.values(), *init.__defaults__, *init.__kwdefaults__.values(),
        *(vars(session)[name] for name in ("now", "static", "static_now", "static_partial")),
        event.__dataclass_fields__["local"].default_factory, *module.cached.__wrapped__.__defaults__,
        *module.wrapped.__wrapped__.__defaults__,
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")
def test_held_dates_are_virtual() -> None:
    """`datetime.now` tells the world's time wherever a program keeps it."""
    assert set(seen_in_a_world("stamps")) == {BEGIN}


@pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")
def test_held_wall_clocks_are_virtual() -> None:
    """`time.time` tells the world's time wherever a program keeps it."""
    assert set(seen_in_a_world("walls")) == {EPOCH}


@pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")
def test_held_steady_clocks_are_virtual() -> None:
    """`time.monotonic` tells the world's time wherever a program keeps it."""
    assert set(seen_in_a_world("steady")) == {0.0}


def test_a_held_today_is_virtual() -> None:
    """`date.today` and `datetime.today` read the world's day, held in a name or in a partial call."""
    module = module_of(
        "from datetime import date, datetime\nfrom functools import partial\n"
        "today = date.today\nlater = partial(datetime.today)\n"
    )

    async def main() -> Any:
        return module.today(), module.later().date()

    assert set(result(main, modules=[module])) == {datetime.datetime.fromtimestamp(EPOCH).date()}


def test_everything_held_is_put_back() -> None:
    """After the world each container, call and default holds the very objects that it held."""
    module = program()
    before = held(module)
    for _ in range(2):
        with virtual_time([module]):
            assert any(one is not other for one, other in zip(held(module), before, strict=True))
        assert all(one is other for one, other in zip(held(module), before, strict=True))


def test_a_call_shared_by_modules_is_put_back() -> None:
    """A partial call that two modules hold is virtual for both, and real again afterwards."""
    first, second = module_of("", "first"), module_of("", "second")
    first.call = second.call = shared = partial(real_time["monotonic"])
    with virtual_time([first, second]):
        assert shared.func is not real_time["monotonic"]
        with virtual_time([second]):
            pass
        assert shared.func is not real_time["monotonic"]
    assert shared.func is real_time["monotonic"]
    assert shared() > 0.0


def test_a_replaced_name_is_left_alone() -> None:
    """A clock that the tests have replaced by their own since the last world stays theirs."""

    def fake() -> float:
        return 42.0

    module = module_of(
        "from time import monotonic\nCLOCKS = {'steady': monotonic}\nLISTED = [monotonic]\nPAIR = (monotonic,)"
    )
    with virtual_time([module]):
        pass
    module.monotonic = module.CLOCKS["steady"] = module.LISTED[0] = fake
    module.PAIR = (fake,)
    with virtual_time([module]):
        assert [module.monotonic, module.CLOCKS["steady"], module.LISTED[0], module.PAIR[0]] == [fake] * 4
    assert [module.monotonic, module.CLOCKS["steady"], module.LISTED[0], module.PAIR[0]] == [fake] * 4


def test_what_the_program_changed_in_the_world_is_kept() -> None:
    """A container that the program changes in the world keeps the change; only what stood in is taken out."""
    module = module_of("import time\nLISTED = [time.monotonic, time.time]\nCLOCKS = {'a': time.time, 'b': time.time}")
    with virtual_time([module]):
        module.LISTED.insert(0, "new")
        module.LISTED.append(module.LISTED[1])
        del module.CLOCKS["a"]
        module.CLOCKS["b"] = "other"
    steady = real_time["monotonic"]
    assert module.LISTED == ["new", steady, real_time["time"], steady]
    assert module.CLOCKS == {"b": "other"}


def test_the_real_clocks_stay_real() -> None:
    """Code of a program that measures with `real_time` measures real time in a world as well."""
    module = module_of("from pytest_policy_contracts.simulation.clock import real_time")
    before = dict(real_time)
    with virtual_time([module]):
        assert dict(module.real_time) == before


def test_namespaces_of_others_are_left_alone() -> None:
    """A module that holds the built-in names, or annotations, has nothing replaced in there."""
    module = module_of("import builtins, queue\nclass Box:\n    inner: queue.SimpleQueue\n    at: int")
    module.__dict__["__held__"] = {"clock": real_time["time"]}
    with virtual_time([module]):
        assert module.__held__ == {"clock": real_time["time"]}


def test_an_emptied_cell_is_left_alone() -> None:
    """A variable of a function that has been deleted since it was looked up stands in nobody's way."""
    module = module_of(
        "import time\ndef make():\n    clock = time.time\n    def drop():\n        nonlocal clock\n        del clock\n"
        "    return drop\ndrop = make()"
    )
    with virtual_time([module]):
        assert module.drop.__closure__[0].cell_contents is not real_time["time"]
    module.drop()
    with virtual_time([module]):
        pass


def test_a_place_that_refuses_undoes_the_others() -> None:
    """When one place cannot be set, those before it are set back and the error is seen."""
    module = module_of("import time\nfirst = time.time\nclass Odd:\n    clock = time.time\n    __name__ = time.time")
    with pytest.raises(TypeError, match="__name__"), virtual_time([module]):
        pass
    assert module.first is vars(module.Odd)["clock"] is real_time["time"]
