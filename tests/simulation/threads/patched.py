"""A module that holds primitives in every place where they can hide. Subject of `test_patching.py`."""

from __future__ import annotations

import queue
import threading
from _thread import allocate_lock
from queue import SimpleQueue
from threading import Lock, RLock
from typing import ClassVar

lock = threading.Lock()
same_lock = lock
recursive = threading.RLock()
taken = threading.Lock()
signal = threading.Condition()
flag = threading.Event()
gate = threading.Semaphore(1)
line: queue.Queue[int] = queue.Queue()
aliases = (Lock, RLock, allocate_lock, SimpleQueue)


class Registry:
    """Holds a lock in the class and one in each instance."""

    shared: ClassVar[object] = threading.Lock()

    def __init__(self) -> None:
        self.own = threading.Lock()
        self.made = [Lock(), RLock(), allocate_lock(), SimpleQueue()]


registry = Registry()
