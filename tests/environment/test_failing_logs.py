"""Logging that fails, as it does with a full disk: whoever logs is told, and nobody afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from pytest_policy_contracts.environment.logs import failing_logs, recorded_logs


@pytest.fixture
def logger() -> logging.Logger:
    made = logging.getLogger("tests.environment.failing_logs")
    made.setLevel(logging.ERROR)
    return made


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL, 1])
def test_every_call_of_every_level_fails(logger: logging.Logger, level: int) -> None:
    """A record that the logger's level would have dropped fails as one that it would have shown."""
    with failing_logs(), pytest.raises(OSError, match=r"^the log handler cannot write$"):
        logger.log(level, "denied")


@pytest.mark.parametrize(
    "log",
    [
        lambda: logging.getLogger().debug("of the root"),
        lambda: logging.getLogger("made.only.now").info("of a new one"),
        lambda: logging.warning("of the module"),
        lambda: logging.getLogger("tests.environment").exception("with an error"),
        lambda: logging.LoggerAdapter(logging.getLogger("adapted"), {}).debug("adapted"),
    ],
    ids=["root", "new", "module", "exception", "adapter"],
)
def test_every_way_to_log_fails(log: Callable[[], None]) -> None:
    """Whichever logger is used, and in whichever way, the call raises."""
    with failing_logs(), pytest.raises(OSError, match="the log handler cannot write"):
        log()


def test_a_disabled_logger_fails_as_well(logger: logging.Logger) -> None:
    """`logging.disable` does not hide the failure: a scenario must not depend on the adopter's settings."""
    logging.disable(logging.CRITICAL)
    try:
        with failing_logs(), pytest.raises(OSError, match="cannot write"):
            logger.info("denied")
    finally:
        logging.disable(logging.NOTSET)


def test_no_handler_gets_a_record(logger: logging.Logger) -> None:
    """What failed has reached nobody."""
    with recorded_logs() as records:
        with failing_logs(), pytest.raises(OSError, match="cannot write"):
            logger.error("lost")
        logger.error("seen")

    assert [record.getMessage() for record in records] == ["seen"]


def test_logging_works_again_afterwards(logger: logging.Logger) -> None:
    """After the failure, also one that an error ended, logging is what it was, and nested ones end one by one."""
    before = (logging.Logger.isEnabledFor, logging.Logger.callHandlers)
    with pytest.raises(LookupError), failing_logs():
        raise LookupError
    assert (logging.Logger.isEnabledFor, logging.Logger.callHandlers) == before

    with failing_logs():
        with failing_logs():
            pass
        with pytest.raises(OSError, match="cannot write"):
            logger.debug("still failing")
    assert (logging.Logger.isEnabledFor, logging.Logger.callHandlers) == before
    assert not logger.isEnabledFor(logging.DEBUG)
