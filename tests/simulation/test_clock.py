"""One time for the world: every clock agrees on its threads, and nobody else notices."""

from __future__ import annotations

import copy
import datetime
import pickle
import threading
import time
from typing import Any

import pytest

from pytest_policy_contracts.simulation.clock import (
    EPOCH,
    VirtualClock,
    real_time,
    virtual_time,
)
from tests.simulation.programs import ended, module_of, result

PROGRAM = """
import asyncio, datetime, time
import datetime as dt
from datetime import date, datetime as stamp
from time import monotonic, sleep, time as wall

class Session:
    clock = monotonic

    def __init__(self, timer=monotonic):
        self.timer = timer

async def readings():
    await asyncio.sleep(86400.5)
    return {
        "wall": time.time(), "alias": wall(), "monotonic": monotonic(), "perf": time.perf_counter(),
        "wall_ns": time.time_ns(), "monotonic_ns": time.monotonic_ns(),
        "perf_ns": time.perf_counter_ns(), "default": Session().timer(), "attribute": Session.clock(),
    }

async def stamps():
    await asyncio.sleep(86400.5)
    utc = datetime.timezone.utc
    return {
        "module": datetime.datetime.now(utc), "alias": dt.datetime.now(utc), "name": stamp.now(utc),
        "fromtimestamp": stamp.fromtimestamp(wall(), utc),
    }

async def naive_stamps():
    return stamp.now(), stamp.today(), stamp.utcnow(), date.today(), datetime.date.today()

async def broken_down():
    await asyncio.sleep(1)
    return time.gmtime(), time.strftime("%Y-%m-%d", time.gmtime()), time.strftime("%Y"), time.ctime(), time.asctime()

async def values():
    made = stamp(2026, 5, 17, 12, tzinfo=datetime.timezone.utc)
    return [
        type(made) is type(stamp.now()) is type(stamp.fromisoformat("2026-05-17")),
        isinstance(made, stamp), isinstance(made, datetime.datetime), isinstance(made, date),
        isinstance(date(2026, 5, 17), stamp), issubclass(stamp, date), made,
    ]

class Moment(stamp):
    pass

async def derived():
    moment = Moment(2026, 5, 17)
    return type(moment) is Moment, isinstance(moment, stamp), isinstance(stamp(2026, 5, 17), Moment)

class Deadline:
    @staticmethod
    def blocking():
        sleep(4)
        return monotonic()
"""


def module() -> Any:
    return module_of(PROGRAM)


def run(name: str) -> Any:
    program = module()
    return result(getattr(program, name), modules=[program])


def test_clocks_agree() -> None:
    """All functions of `time` tell the same time, whatever they are reached by."""
    seen = run("readings")

    assert {seen["wall"], seen["alias"]} == {EPOCH + 86400.5}
    assert {seen[name] for name in ("monotonic", "perf", "default", "attribute")} == {86400.5}
    assert seen["wall_ns"] == int((EPOCH + 86400.5) * 1e9)
    assert seen["monotonic_ns"] == seen["perf_ns"] == 86400_500_000_000


def test_datetimes_agree() -> None:
    """`datetime.now` tells the world's time through every way of importing it."""
    expected = datetime.datetime(2026, 1, 2, 0, 0, 0, 500_000, tzinfo=datetime.UTC)
    assert set(run("stamps").values()) == {expected}


@pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")
def test_naive_datetimes_agree() -> None:
    """`now`, `today`, `utcnow` and `date.today` begin where the world begins."""
    local = datetime.datetime.fromtimestamp(EPOCH)
    utc = datetime.datetime(2026, 1, 1)  # that is what utcnow returns
    assert run("naive_stamps") == (local, local, utc, local.date(), local.date())


def test_broken_down_times_agree() -> None:
    """Functions that read the clock when they get no time read the world's."""
    gmtime, day, year, *texts = run("broken_down")
    assert (tuple(gmtime)[:6], day) == ((2026, 1, 1, 0, 0, 1), "2026-01-01")
    assert year == str(real_time["localtime"](EPOCH + 1).tm_year)  # west of Greenwich the epoch is still last year
    assert texts == [real_time["ctime"](EPOCH + 1)] * 2


def test_values_are_plain_datetimes() -> None:
    """Values made inside the world are plain: they can be told apart, copied, pickled and compared outside."""
    *answers, made = run("values")

    assert answers == [True, True, True, True, False, True]
    assert type(made) is datetime.datetime
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made  # own data


def test_values_can_be_pickled_inside() -> None:
    """Pickling and copying work while the clocks are virtual."""
    program = module_of(
        "import copy, pickle\nfrom datetime import datetime, timezone\n"
        "async def main():\n"
        "    made = datetime.now(timezone.utc)\n"
        "    return made == pickle.loads(pickle.dumps(made)) == copy.deepcopy(made)\n"
    )
    assert result(program.main, modules=[program]) is True


def test_classes_derived_from_datetime() -> None:
    """A class that derives from `datetime` makes its own values, also when it is made inside the world."""
    assert run("derived") == (True, True, False)
    inside = module_of("from datetime import datetime, timezone")
    with virtual_time([inside]):
        exec("class Moment(datetime): pass", vars(inside))
        moment = inside.Moment(2026, 5, 17)
        assert type(moment) is inside.Moment
        assert isinstance(moment, inside.datetime)
        assert not isinstance(datetime.datetime(2026, 5, 17), inside.Moment)
        assert type(inside.Moment.now(datetime.UTC)) is inside.Moment


def test_sleeping_through_an_alias_is_virtual() -> None:
    """`from time import sleep` sleeps in virtual time as well."""
    program = module()

    async def main() -> object:
        return program.Deadline.blocking()

    run = ended(main, modules=[program])
    assert run.value == 4.0
    assert [call.seconds for call in run.loop.clock.blocked] == [4.0]


@pytest.mark.parametrize(("seconds", "error"), [(-1, ValueError), ("1", TypeError), (None, TypeError)])
def test_wrong_sleeps_are_refused(seconds: Any, error: type[Exception]) -> None:
    """`time.sleep` refuses in a world what it refuses outside."""

    async def main() -> None:
        time.sleep(seconds)

    with pytest.raises(error):
        result(main)


def test_other_threads_keep_real_time() -> None:
    """A thread that takes no part in the world reads the machine's clocks while the world runs."""
    seen: list[float] = []

    def thread() -> None:
        seen.extend([time.time(), real_time["time"]()])

    async def main() -> None:
        outsider = threading.Thread(target=thread)
        outsider.start()
        outsider.join()

    result(main)
    assert abs(seen[0] - seen[1]) < 5
    assert seen[0] != EPOCH


def test_everything_is_put_back() -> None:
    """After the world the functions and names are the very objects that they were."""
    program = module()
    before = {name: vars(program)[name] for name in ("monotonic", "sleep", "stamp", "dt", "date")}
    defaults = program.Session.__init__.__defaults__

    result(program.readings, modules=[program])

    assert {name: vars(program)[name] for name in before} == before
    assert program.Session.__init__.__defaults__ == defaults
    assert vars(program.Session)["clock"] is real_time["monotonic"]
    for name, function in real_time.items():
        assert getattr(time, name) is function
    assert datetime.datetime.__name__ == "datetime"


def test_nested_contexts_add_their_modules() -> None:
    """An inner context may bring modules of its own, and the clocks stay until the last context is left."""
    outer, inner = module(), module()
    with virtual_time([outer]):
        with virtual_time([inner]):
            assert inner.monotonic is outer.monotonic is not real_time["monotonic"]
        assert outer.monotonic is time.monotonic is not real_time["monotonic"]
    assert inner.monotonic is outer.monotonic is time.monotonic is real_time["monotonic"]


def test_contexts_may_end_in_another_order() -> None:
    """A context that began first may be left first without taking the clocks from the other one."""
    first, second = virtual_time(), virtual_time()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert time.monotonic is not real_time["monotonic"]
    second.__exit__(None, None, None)
    assert time.monotonic is real_time["monotonic"]


def test_a_context_is_left_by_an_error() -> None:
    """An exception takes the virtual clocks away as well."""
    with pytest.raises(LookupError), virtual_time():
        raise LookupError
    assert time.time is real_time["time"]


def test_virtual_time_never_runs_backwards() -> None:
    """Advancing by less than nothing, or to the past, changes nothing."""
    clock = VirtualClock(10.0)
    clock.advance(-5)
    clock.advance_to(3)
    assert clock.now == 10.0
    clock.advance(2.5)
    clock.advance_to(20)
    assert clock.now == 20.0
