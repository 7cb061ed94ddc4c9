"""Small guards with and without races, as subjects for the controlled threads."""

from __future__ import annotations

import threading
import time


class CallBetween:
    """Loses records: a call lies between the read and the write of `head`."""

    def __init__(self) -> None:
        self.records: list[object] = [None] * 16
        self.head = 0

    def record(self, tenant: str) -> None:
        position = self.head
        self.records[position] = (tenant, time.monotonic())
        self.head = position + 1

    def complete(self, count: int) -> bool:
        return self.head == count


class LinesBetween(CallBetween):
    """Loses records, but only where a thread may be interrupted between any two lines."""

    def record(self, tenant: str) -> None:
        same = tenant == "t0"
        position = self.head
        self.records[position] = (tenant, same)
        self.head = position + 1


class OneLine(CallBetween):
    """Loses records only where a thread may be interrupted within a line."""

    def record(self, tenant: str) -> None:
        self.head += 1


class TrimOutside(CallBetween):
    """Appends under a lock, but drops the overflow outside of it with a stale count."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.kept: list[str] = []
        self.dropped = 0

    def record(self, tenant: str) -> None:
        with self.lock:
            self.kept.append(tenant)
            over = len(self.kept) - 4
        if over > 0:
            del self.kept[:over]
            self.dropped = self.dropped + over

    def complete(self, count: int) -> bool:
        return len(self.kept) == min(count, 4) and self.dropped == max(0, count - 4)


class TrimInside(TrimOutside):
    """The correct version."""

    def record(self, tenant: str) -> None:
        with self.lock:
            self.kept.append(tenant)
            over = len(self.kept) - 4
            if over > 0:
                del self.kept[:over]
                self.dropped = self.dropped + over


class Locked(CallBetween):
    """The correct version."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def record(self, tenant: str) -> None:
        with self.lock:
            super().record(tenant)


class InvertedLocks(CallBetween):
    """Takes two locks in an order that depends on the tenant."""

    def __init__(self) -> None:
        super().__init__()
        self.first = threading.Lock()
        self.second = threading.Lock()

    def record(self, tenant: str) -> None:
        locks = (self.first, self.second) if tenant == "t0" else (self.second, self.first)
        with locks[0], locks[1]:
            self.head = self.head + 1


def call_twice(guard: CallBetween, tenant: str) -> None:
    for _ in range(2):
        guard.record(tenant)
