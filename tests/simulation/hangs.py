"""Seventeen ways not to come back, as subjects for the hang guards; and one that does.

Each is a plain call on the stock event loop. `ENDING` says what a guard that survives all of them
must answer, `FRAME` which of their own lines is on a stack to be named (the others wait inside the
standard library, with none of their own frames running).
"""

from __future__ import annotations

import asyncio
import collections
import ctypes
import itertools
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

FOR_EVER_SECONDS = 3600


def sleep_in_loop() -> None:
    async def main() -> None:
        time.sleep(FOR_EVER_SECONDS)

    asyncio.run(main())


def busy_loop() -> None:
    while True:
        pass


def c_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def gil_held() -> None:
    collections.deque(itertools.repeat(None), maxlen=0)


def regex() -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")


def swallow_all() -> None:
    while True:
        try:
            time.sleep(0.05)
        except BaseException:
            pass


def swallow_busy() -> None:
    count = 0
    while True:
        try:
            while True:
                count += 1
        except BaseException:
            pass


def swallow_cancel() -> None:
    async def main() -> None:
        while True:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                pass

    asyncio.run(main())


def spin_async() -> None:
    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    asyncio.run(main())


def never_set() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    asyncio.run(main())


def join_thread() -> None:
    thread = threading.Thread(target=threading.Event().wait)
    thread.start()
    thread.join()


def pool_result() -> None:
    ThreadPoolExecutor(1).submit(time.sleep, FOR_EVER_SECONDS).result()


def to_thread_sleep() -> None:
    asyncio.run(asyncio.to_thread(time.sleep, FOR_EVER_SECONDS))


def to_thread_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    asyncio.run(asyncio.to_thread(lock.acquire))


def child_process() -> None:
    subprocess.run([sys.executable, "-c", "input()"], stdin=_never_written(), check=False)


def _never_written() -> int:
    reader, _ = os.pipe()
    return reader


def os_exit() -> None:
    os._exit(3)


def segfault() -> None:
    ctypes.string_at(0)


def fine() -> None:
    asyncio.run(asyncio.sleep(0))


KINDS = (
    sleep_in_loop,
    busy_loop,
    c_lock,
    gil_held,
    regex,
    swallow_all,
    swallow_busy,
    swallow_cancel,
    spin_async,
    never_set,
    join_thread,
    pool_result,
    to_thread_sleep,
    to_thread_lock,
    child_process,
    os_exit,
    segfault,
)

ENDING = {
    **{kind.__name__: "hung" for kind in KINDS},
    "os_exit": "crashed",
    "segfault": "crashed",
}

FRAME = {
    "sleep_in_loop": "in main, `time.sleep(FOR_EVER_SECONDS)`",
    "busy_loop": "in busy_loop",
    "c_lock": "in c_lock, `lock.acquire()`",
    "gil_held": "in gil_held, `collections.deque(itertools.repeat(None), maxlen=0)`",
    "regex": 'in regex, `re.match(r"(a+)+$", "a" * 60 + "b")`',
    "swallow_all": "in swallow_all",
    "swallow_busy": "in swallow_busy",
    "join_thread": "in join_thread, `thread.join()`",
    "pool_result": "in pool_result, `ThreadPoolExecutor(1)",
    "child_process": "in child_process, `subprocess.run(",
    "segfault": "in segfault, `ctypes.string_at(0)`",
}

HOLDS_THE_PROCESS = frozenset({"gil_held", "regex", "os_exit", "segfault"})
"""What only a guard in another process survives."""
