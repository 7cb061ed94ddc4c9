"""`datetime` in a world: the one class there is reads the world's clock, however and whenever it is imported."""

from __future__ import annotations

import copy
import datetime
import json
import os
import pickle
import sys
import threading
import types
import typing
import zoneinfo
from pathlib import Path
from typing import Any

import pytest

from pytest_policy_contracts.simulation.clock import EPOCH, real_time, virtual_time
from tests.simulation.programs import result

BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
REAL_NOW = vars(datetime.datetime)["now"]

PROGRAM = """
import functools, json, typing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

class Moment(datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz)

class Stamp(datetime):
    pass

@dataclass
class Event:
    at: datetime
    seen: datetime = field(default_factory=lambda: datetime.now(UTC))

NAMES = {datetime: "datetime", date: "date"}

@functools.singledispatch
def name_of(value):
    return "something"

@name_of.register
def _(value: datetime):
    return "datetime"

async def inside_a_function():
    from datetime import UTC, datetime
    return datetime.now(UTC)

async def module_inside_a_function():
    import datetime
    return datetime.datetime.now(datetime.UTC)

async def renamed_inside_a_function():
    import datetime as dt
    return dt.datetime.now(tz=dt.UTC)

async def by_name():
    import importlib, sys
    assert importlib.import_module("datetime") is sys.modules["datetime"]
    return importlib.import_module("datetime").datetime.now(UTC)

async def naive_ones():
    import datetime
    return datetime.datetime.now(), datetime.datetime.today(), datetime.datetime.utcnow(), datetime.date.today()

async def kinds():
    now = datetime.now(UTC)
    return type(now) is datetime, NAMES[datetime], NAMES[type(now)], name_of(now), typing.get_type_hints(Event)["at"]

async def derived():
    return [(type(now), now) for now in (Moment.now(UTC), Stamp.now(UTC), Stamp.now().astimezone(UTC))]

async def events():
    event = Event(datetime.now(UTC))
    return event.at, event.seen
"""


def program() -> Any:
    """Return a module that is found by its name, as `get_type_hints` and pickle expect."""
    module = sys.modules["program_under_test"] = types.ModuleType("program_under_test")
    exec(compile(PROGRAM, "program_under_test.py", "exec", dont_inherit=True), vars(module))
    return module


def run(name: str) -> Any:
    module = program()
    return result(getattr(module, name), modules=[module])


@pytest.fixture(autouse=True)
def _forget_programs() -> typing.Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("program_under_test"):
            del sys.modules[name]


@pytest.mark.parametrize(
    "name", ["inside_a_function", "module_inside_a_function", "renamed_inside_a_function", "by_name"]
)
def test_a_class_imported_inside_a_function_reads_the_world(name: str) -> None:
    """An import in a function body gets the same clock as one at the top of the module."""
    assert run(name) == BEGIN


@pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")
def test_naive_values_begin_where_the_world_begins() -> None:
    """`now`, `today`, `utcnow` and `date.today` agree also when `datetime` is imported in a function."""
    local = datetime.datetime.fromtimestamp(EPOCH)
    utc = datetime.datetime(2026, 1, 1)
    assert run("naive_ones") == (local, local, utc, local.date())


def test_modules_that_nobody_gave_read_the_world() -> None:
    """A module that is not among those of `virtual_time` sees the world's dates as well."""
    assert result(program().inside_a_function) == BEGIN
    assert result(program().events) == (BEGIN, BEGIN)


def test_there_is_one_class_only() -> None:
    """In a world `datetime` is the class it is outside: to `type`, to tables, to dispatch and to type hints."""
    assert run("kinds") == (True, "datetime", "datetime", "datetime", datetime.datetime)


def test_derived_classes_read_the_world() -> None:
    """Classes that derive from `datetime` make their own values, whether they define `now` or inherit it."""
    seen = run("derived")
    assert [kind.__name__ for kind, _ in seen] == ["Moment", "Stamp", "Stamp"]
    assert {now for _, now in seen} == {BEGIN}


def test_instances_tell_themselves_apart_on_both_sides() -> None:
    """`isinstance` answers the same for values from outside and from inside."""
    outside = [datetime.datetime(2020, 1, 1), datetime.date(2020, 1, 1)]  # naive is what is asked about
    module = program()

    async def main() -> Any:
        inside = [module.datetime.now(), module.date.today()]
        return inside, [[isinstance(one, (module.datetime,)) for one in pair] for pair in (inside, outside)]

    inside, answers = result(main, modules=[module])
    assert answers == [[True, False], [True, False]]
    assert [type(one) for one in inside] == [datetime.datetime, datetime.date]


def test_pickles_and_copies_pass_the_border() -> None:
    """What is pickled inside can be read outside, and the other way round; copies are equal, classes too."""
    values = [
        BEGIN,
        BEGIN.date(),
        BEGIN.time(),
        datetime.timedelta(1.5),
        datetime.UTC,
        datetime.datetime,
        datetime.date,
    ]
    outside = pickle.dumps(values)

    async def main() -> tuple[bytes, Any, Any, bytes]:
        from datetime import UTC, datetime

        assert pickle.loads(outside) == copy.deepcopy(values) == values  # own data
        now = datetime.now(UTC)
        return pickle.dumps(values), copy.copy(now), pickle.dumps(now, 2), pickle.dumps(datetime.now)

    inside, now, old_protocol, clock = result(main)
    assert pickle.loads(inside) == values  # own data
    assert now == pickle.loads(old_protocol) == BEGIN  # own data
    assert pickle.loads(clock) == datetime.datetime.now  # own data


def test_derived_values_can_be_pickled() -> None:
    """A value of a derived class is found again by the name of its class, inside and outside."""
    module = program()

    async def main() -> bytes:
        data = pickle.dumps(module.Stamp.now(module.UTC))
        assert type(pickle.loads(data)) is module.Stamp  # own data
        return data

    assert pickle.loads(result(main, modules=[module])) == BEGIN  # own data


def test_the_rest_of_the_library_takes_part() -> None:
    """Zones, parsing, formatting and JSON work inside a world."""

    async def main() -> list[Any]:
        from datetime import UTC, datetime

        now = datetime.now(zoneinfo.ZoneInfo("UTC"))
        return [
            now == datetime.now(UTC),
            datetime.strptime("2026-01-01 +0000", "%Y-%m-%d %z") == now,
            type(datetime.strptime("2026", "%Y")) is type(now) is type(datetime.fromisoformat(now.isoformat())),
            datetime.combine(now.date(), now.timetz()) == now,
            json.dumps({"at": now}, default=datetime.isoformat),
            f"{now:%Y}",
        ]

    assert result(main) == [True, True, True, True, '{"at": "2026-01-01T00:00:00+00:00"}', "2026"]


@pytest.mark.parametrize("arguments", [("UTC",), (None, None), (1,)])
def test_wrong_arguments_are_refused(arguments: tuple[Any, ...]) -> None:
    """`now` refuses in a world what it refuses outside."""

    async def main() -> None:
        datetime.datetime.now(*arguments)

    with pytest.raises(TypeError):
        datetime.datetime.now(*arguments)
    with pytest.raises(TypeError):
        result(main)


def test_other_threads_keep_real_dates() -> None:
    """A thread that takes no part in the world reads the machine's date, in derived classes as well."""
    seen: list[Any] = []
    module = program()

    def outsider() -> None:
        from datetime import UTC, datetime

        seen.extend([datetime.now(UTC), module.Stamp.now(UTC), module.Moment.now(UTC)])

    async def main() -> None:
        thread = threading.Thread(target=outsider)
        thread.start()
        thread.join()

    result(main, modules=[module])
    assert all(abs(now.timestamp() - real_time["time"]()) < 60 for now in seen)
    assert [type(now).__name__ for now in seen] == ["datetime", "Stamp", "Moment"]


LATE = """
import datetime as whole, time
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from time import monotonic, sleep, time as wall

now = datetime.now
HAND = {"wall": time.time, "other": 1}

class Session:
    clock = monotonic
    now = datetime.now

    def __init__(self, timer=monotonic):
        self.timer = timer

@dataclass
class Event:
    at: float = field(default_factory=time.time)

def readings():
    session = Session()
    return [session.clock(), session.timer(), Session.clock(), Event().at - wall(), HAND["wall"]() - wall()]

def stamps():
    utc = whole.UTC
    return {now(utc), Session().now(utc), datetime.now(utc), whole.datetime.now(utc)}
"""


def test_modules_first_imported_in_a_world_take_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is imported while the world runs reads the world's clocks, and the machine's when it is over."""
    (tmp_path / "program_under_test_late.py").write_text(LATE)
    monkeypatch.syspath_prepend(str(tmp_path))

    async def main() -> Any:
        import program_under_test_late as late

        return late, late.readings(), late.stamps()

    late, readings, stamps = result(main)
    assert (readings, stamps) == ([0.0] * 5, {BEGIN})

    names = {"monotonic": "monotonic", "sleep": "sleep", "wall": "time"}
    assert all(vars(late)[name] is real_time[real] for name, real in names.items())
    assert late.Session.__init__.__defaults__ == (real_time["monotonic"],)
    assert vars(late.Session)["clock"] is real_time["monotonic"]
    assert late.HAND == {"wall": real_time["time"], "other": 1}
    assert late.now == vars(late.Session)["now"] == datetime.datetime.now
    assert abs(late.Event().at - real_time["time"]()) < 60


def test_a_module_imported_in_a_world_takes_part_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked up while the clocks were virtual does not mislead the next world."""
    (tmp_path / "program_under_test_late.py").write_text(LATE)
    monkeypatch.syspath_prepend(str(tmp_path))
    with virtual_time():
        import program_under_test_late as late  # type: ignore[import-not-found]

        with virtual_time([late]):
            pass

    async def main() -> Any:
        return late.readings(), late.stamps()

    assert late.monotonic is real_time["monotonic"]
    assert result(main, modules=[late]) == ([0.0] * 5, {BEGIN})
    assert late.monotonic is real_time["monotonic"]


def methods() -> dict[str, Any]:
    return {**vars(datetime.date), **vars(datetime.datetime)}


def test_the_class_is_put_back() -> None:
    """After the world `datetime` has the very methods it had, however the contexts were nested and left."""
    before, names = methods(), list(vars(datetime.datetime))
    with virtual_time():
        with pytest.raises(LookupError), virtual_time():
            raise LookupError
        assert methods() != before
    assert methods() == before
    assert list(vars(datetime.datetime)) == names
    assert all(methods()[name] is before[name] for name in before)
    assert abs(datetime.datetime.now(datetime.UTC).timestamp() - real_time["time"]()) < 60


def test_what_others_had_replaced_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function of `time` that somebody else has replaced is theirs again after the world."""

    def theirs() -> float:
        return 1.0

    monkeypatch.setattr("time.time", theirs)
    with virtual_time():
        pass
    assert sys.modules["time"].time is theirs


def test_a_world_that_cannot_begin_leaves_nothing_behind() -> None:
    """When the modules cannot be searched, everything is put back before the error is seen."""
    before = methods()
    with pytest.raises(AttributeError), virtual_time([object()]):  # type: ignore[list-item]
        pass
    assert methods() == before
    assert sys.modules["time"].time is real_time["time"]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_forked_child_keeps_and_leaves_the_world() -> None:
    """A child process goes on in the world's time, leaves it by itself, and does not disturb its parent."""

    async def main() -> int:
        from datetime import UTC, datetime

        pid = os.fork()
        if not pid:
            os._exit(7 if datetime.now(UTC) == BEGIN else 1)
        return os.waitpid(pid, 0)[1]

    assert os.waitstatus_to_exitcode(result(main)) == 7
    with virtual_time():
        pid = os.fork()
        if pid:
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    if not pid:
        os._exit(0 if vars(datetime.datetime)["now"] is REAL_NOW else 1)
    assert vars(datetime.datetime)["now"] is REAL_NOW
