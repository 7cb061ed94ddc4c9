"""What a simulated event loop says to everything that would leave the simulated world: no, and what to do instead.

A refusal is raised at the place of the call and written down in `refused`, because an `OSError` is easily retried or
swallowed. Sockets that the program opens without its event loop are out of reach here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from pytest_policy_contracts.simulation.errors import RealIOError
from pytest_policy_contracts.simulation.tasks import describe_line, is_own_code

_REMEDY = "hand the subject a fake of what it talks to, or a fake transport, in create()"


def calling_place() -> str:
    """Return the innermost line of the caller's stack outside the standard library and this project."""
    frame = sys._getframe(1)
    while frame.f_back is not None and not is_own_code(frame.f_code.co_filename):
        frame = frame.f_back
    return describe_line(frame.f_code, frame.f_lineno)


class NoSelector:
    """Stands where the selector would be, and refuses every file descriptor."""

    def __init__(self, refuse: Callable[[str], NoReturn]) -> None:
        self._refuse = refuse

    def register(self, fileobj: object, event_mask: int, data: object = None) -> NoReturn:
        self._refuse("a socket or pipe")

    modify = register

    def unregister(self, fileobj: object) -> NoReturn:
        raise KeyError(fileobj)

    get_key = unregister

    def get_map(self) -> dict[int, object]:
        return {}

    def select(self, timeout: float | None = None) -> list[object]:
        return []

    def close(self) -> None:
        pass


def _refused(what: str) -> Callable[..., Coroutine[Any, Any, NoReturn]]:
    async def method(loop: NoOutsideWorld, *args: Any, **kwargs: Any) -> NoReturn:
        loop._refuse(what)

    return method


def _refused_peer(what: str, position: int) -> Callable[..., Coroutine[Any, Any, NoReturn]]:
    """Like `_refused`, for a method whose argument at `position` says with whom."""

    async def method(loop: NoOutsideWorld, *args: Any, **kwargs: Any) -> NoReturn:
        peer = args[position] if len(args) > position else kwargs.get("host", kwargs.get("path"))
        loop._refuse(what if peer is None else f"{what} {peer!r}")

    return method


class NoOutsideWorld:
    """The methods of an event loop that would reach outside; mix it in before a loop class."""

    refused: list[str]

    def _refuse(self, what: str) -> NoReturn:
        place = calling_place()
        self.refused.append(f"{what} at {place}")
        raise RealIOError(f"real I/O inside virtual time: {what} at {place}; {_REMEDY}")

    getaddrinfo = _refused_peer("a name look-up of", 0)
    getnameinfo = _refused_peer("a name look-up of", 0)
    create_connection = _refused_peer("a connection to", 1)
    create_unix_connection = _refused_peer("a connection to", 1)
    create_server = _refused_peer("a server on", 1)
    create_unix_server = _refused_peer("a server on", 1)
    create_datagram_endpoint = _refused("a datagram socket")
    connect_accepted_socket = _refused("a socket")
    connect_read_pipe = _refused("a pipe")
    connect_write_pipe = _refused("a pipe")
    sock_connect = _refused_peer("a connection to", 1)
    sock_accept = _refused("a socket")
    sock_recv = _refused("a socket")
    sock_recv_into = _refused("a socket")
    sock_recvfrom = _refused("a socket")
    sock_recvfrom_into = _refused("a socket")
    sock_sendall = _refused("a socket")
    sock_sendto = _refused("a socket")
    sock_sendfile = _refused("a socket")
    subprocess_exec = _refused("a subprocess")
    subprocess_shell = _refused("a subprocess")

    def add_signal_handler(self, *args: Any) -> NoReturn:
        """Refuse: signals come from outside."""
        self._refuse("a signal handler")

    def remove_signal_handler(self, sig: int) -> bool:
        """Return that there was none."""
        return False

    def _make_self_pipe(self) -> None:
        self._ssock = self._csock = None
        self._internal_fds = 0

    def _close_self_pipe(self) -> None:
        pass
