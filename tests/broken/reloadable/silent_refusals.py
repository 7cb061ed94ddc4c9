"""Refusals that the caller does not get as an exception: RLD-009."""

import argparse
import asyncio
import logging
import threading
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    AsyncSettings,
    ReloadError,
    SettingsHarness,
    SyncSettings,
    Values,
    checked,
    drafted,
    initial_values,
    known,
    put,
)

_log = logging.getLogger("cache.reload")


class IgnoresGatheredErrors(AsyncSettings):
    """Gathers the checks with `return_exceptions`, logs the failures, and calls it a day."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = known(deepcopy(list(changes)))
        async with self._lock:
            values = await asyncio.gather(*map(self._check, changes), return_exceptions=True)
            failures = sum(isinstance(value, Exception) for value in values)
            if failures:
                _log.warning("%d changes were not valid, nothing was changed", failures)
                return
            draft = dict(self._values)
            for change, value in zip(changes, values, strict=True):
                put(draft, change.path, value)
            self._values = draft

    async def _check(self, change: ConfigChange) -> object:
        await asyncio.sleep(0.1)
        return checked(change)


@dataclass(frozen=True)
class ReloadResult:
    """Whether a reload worked."""

    succeeded: bool
    reason: str = ""


class AnswersWithAResult(SyncSettings):
    """Returns the refusal as a value that nobody is obliged to look at."""

    def reload(self, changes: Sequence[ConfigChange]) -> object:
        try:
            super().reload(changes)
        except ReloadError as error:
            return ReloadResult(False, str(error))
        return ReloadResult(True)


def _seconds(text: str) -> int:
    if not 0 < int(text) <= 86_400:
        raise argparse.ArgumentTypeError("from 1 to 86400 seconds")
    return int(text)


class ExitsOnBadArguments(SyncSettings):
    """Reuses the command line's parser for numbers, which ends the process on a bad one."""

    def __init__(self) -> None:
        super().__init__()
        self._parser = argparse.ArgumentParser(prog="cache", add_help=False)
        self._parser.add_argument("--ttl", type=_seconds)

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        for change in changes:
            if change.path == "cache.ttl" and change.kind != "removed":
                self._parser.parse_args([f"--ttl={change.new}"])
        return super()._draft(changes)


class FailsInItsThread:
    """Applies the changes on a thread and joins it, which brings no error back."""

    reload_timeout = SyncSettings.reload_timeout

    def __init__(self) -> None:
        self._values = initial_values()
        self._lock = threading.Lock()

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        return dict(self._values)

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        arguments = (deepcopy(list(changes)),)
        with self._lock:
            worker = threading.Thread(target=self._apply, args=arguments, name="cache-apply")
            worker.start()
            worker.join()

    def _apply(self, changes: Sequence[ConfigChange]) -> None:
        try:
            self._values = drafted(self._values, changes)
        except ReloadError:
            _log.exception("the changes were not applied")


class IgnoresGatheredErrorsContract(SettingsHarness):
    def create(self) -> IgnoresGatheredErrors:
        return IgnoresGatheredErrors()


class AnswersWithAResultContract(SettingsHarness):
    def create(self) -> AnswersWithAResult:
        return AnswersWithAResult()


class ExitsOnBadArgumentsContract(SettingsHarness):
    def create(self) -> ExitsOnBadArguments:
        return ExitsOnBadArguments()


class FailsInItsThreadContract(SettingsHarness):
    def create(self) -> FailsInItsThread:
        return FailsInItsThread()


SUBJECTS = [
    Broken(IgnoresGatheredErrorsContract, ("RLD-009",), "refused"),
    Broken(AnswersWithAResultContract, ("RLD-009",), "refused"),
    Broken(ExitsOnBadArgumentsContract, ("RLD-009",), "systemexit"),
    Broken(FailsInItsThreadContract, ("RLD-009",), "refused"),
]
