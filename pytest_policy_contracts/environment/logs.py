"""Every log record that is made, whatever the levels and handlers are set to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from pytest_policy_contracts.environment.foreign_values import RAISED_BY_A_LOOK, is_sequence, read, repr_of, text_of

_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({})))


@contextmanager
def recorded_logs() -> Iterator[list[logging.LogRecord]]:
    """Record the records of all loggers at every level while the context lasts.

    Handlers get only what they would have got anyway.
    """
    records: list[logging.LogRecord] = []
    is_enabled, call_handlers = logging.Logger.isEnabledFor, logging.Logger.callHandlers

    def record(logger: logging.Logger, entry: logging.LogRecord) -> None:
        records.append(entry)
        if is_enabled(logger, entry.levelno):
            call_handlers(logger, entry)

    loggers: Any = logging.Logger
    loggers.isEnabledFor, loggers.callHandlers = (lambda logger, level: True), record
    try:
        yield records
    finally:
        loggers.isEnabledFor, loggers.callHandlers = is_enabled, call_handlers


def failing_logs() -> AbstractContextManager[None]:
    """Let every log call of every logger at every level raise while the context lasts, as a broken handler does."""

    def fail(logger: logging.Logger, entry: logging.LogRecord) -> None:
        raise OSError("the log handler cannot write")

    return _handled_by(fail)


def silent_logs() -> AbstractContextManager[None]:
    """Let every log record be made, and none be kept, while the context lasts."""
    return _handled_by(lambda logger, entry: None)


@contextmanager
def _handled_by(handle: Callable[[logging.Logger, logging.LogRecord], None]) -> Iterator[None]:
    is_enabled, call_handlers = logging.Logger.isEnabledFor, logging.Logger.callHandlers
    loggers: Any = logging.Logger
    loggers.isEnabledFor, loggers.callHandlers = (lambda logger, level: True), handle
    try:
        yield
    finally:
        loggers.isEnabledFor, loggers.callHandlers = is_enabled, call_handlers


def texts_of_record(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    """Yield what a record can show, as (what it is, text): message, arguments, exception, stack, extra fields."""
    where = f"a log record of {record.name!r}"
    yield where, _message_of(record)
    yield f"the arguments of {where}", repr_of(record.args)
    if record.exc_info and record.exc_info[1] is not None:
        for what, text in texts_of_error(record.exc_info[1]):
            yield f"{what}, logged by {record.name!r}", text
    for name, value in vars(record).items():
        if name not in _STANDARD_ATTRIBUTES:
            yield f"the field {name!r} of {where}", repr_of(value)


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except RAISED_BY_A_LOOK:
        return text_of(record.msg)


def texts_of_error(error: BaseException | None, seen: frozenset[int] = frozenset()) -> Iterator[tuple[str, str]]:
    """Yield what an error can show, as (what it is, text), with its causes, contexts, notes and group members."""
    if error is None or id(error) in seen:
        return
    seen |= {id(error)}
    name = type(error).__name__
    yield f"the text of {name}", text_of(error)
    yield f"the arguments of {name}", repr_of(read(error, "args"))
    yield f"the fields of {name}", repr_of(_fields(error))
    members = read(error, "exceptions")
    for other in (error.__cause__, error.__context__, *(members if is_sequence(members) else ())):
        if isinstance(other, BaseException):
            yield from texts_of_error(other, seen)


def _fields(error: BaseException) -> dict[str, Any]:
    return {name: value for name, value in vars(error).items() if not isinstance(value, BaseException)}
