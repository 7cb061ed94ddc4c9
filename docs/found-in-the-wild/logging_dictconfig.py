"""`logging.config.dictConfig` of the standard library, held to the contract Reloadable.

Every subject owns a logging tree: `dictConfig` works on the one of the process, so the subject lends
its own to the process while it is configured. What is judged is `dictConfig`, unaltered.
"""

import logging
import logging.config
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pytest_policy_contracts import ConfigChange, ReloadableHarness

BASE: dict[str, Any] = {
    "version": 1,
    "formatters": {"plain": {"format": "%(levelname)s %(message)s"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "plain", "level": "INFO"}},
    "root": {"level": "INFO", "handlers": ["out"]},
    "loggers": {"shop": {"level": "WARNING", "handlers": ["out"]}},
}


class LoggingTree:
    """A root logger, its loggers and the handlers `dictConfig` knows by name."""

    reload_timeout = timedelta(seconds=5)

    def __init__(self) -> None:
        self._root = logging.RootLogger(logging.WARNING)
        self._manager = logging.Manager(self._root)
        self._by_name: Any = weakref.WeakValueDictionary()
        self._in_order: list[Any] = []
        self._config = _deep(BASE)
        self._apply(self._config)

    def can_reload(self) -> bool:
        return True

    def reload(self, changes: list[ConfigChange]) -> None:
        """Hand the whole changed configuration to `dictConfig`, as programs do."""
        config = _deep(self._config)
        for change in changes:
            _set(config, change.path.split("."), change.new)
        self._apply(config)
        self._config = config

    def in_force(self) -> dict[str, object]:
        """Answer what the loggers really do, read from the loggers and not from the settings."""
        shop = self._manager.loggerDict.get("shop")
        return {"root": _described(self._root), "shop": _described(shop)}

    def close(self) -> None:
        with self._installed():
            logging.shutdown(self._in_order)

    def _apply(self, config: dict[str, Any]) -> None:
        with self._installed():
            logging.config.dictConfig(_deep(config))

    @contextmanager
    def _installed(self) -> Iterator[None]:
        kept = (logging.root, logging.Logger.root, logging.Logger.manager)
        handlers = (logging._handlers, logging._handlerList)
        logging.root = logging.Logger.root = self._root
        logging.Logger.manager = self._manager
        logging._handlers, logging._handlerList = self._by_name, self._in_order
        try:
            yield
        finally:
            logging.root, logging.Logger.root, logging.Logger.manager = kept
            logging._handlers, logging._handlerList = handlers


class DictConfigContract(ReloadableHarness):
    """The settings of a small program's logging."""

    def create(self) -> LoggingTree:
        return LoggingTree()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("root.level", "INFO", "DEBUG"),
            ConfigChange.modified("loggers.shop.level", "WARNING", "ERROR"),
            ConfigChange.modified("handlers.out.level", "INFO", "WARNING"),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("root.level", "INFO", "LOUD")]

    def snapshot(self, subject: LoggingTree) -> object:
        return subject.in_force()

    def dispose(self, subject: LoggingTree) -> None:
        subject.close()


def _described(logger: object) -> object:
    if not isinstance(logger, logging.Logger):
        return None
    handlers = [
        (type(one).__name__, logging.getLevelName(one.level), one.formatter and one.formatter._fmt)
        for one in logger.handlers
    ]
    return {"level": logging.getLevelName(logger.level), "handlers": handlers}


def _set(config: dict[str, Any], path: list[str], value: object) -> None:
    for part in path[:-1]:
        config = config.setdefault(part, {})
    config[path[-1]] = value


def _deep(config: Any) -> Any:
    return {key: _deep(one) for key, one in config.items()} if isinstance(config, dict) else config
