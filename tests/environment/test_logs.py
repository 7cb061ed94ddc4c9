"""Recording log records: all of them, whatever the levels say, and nothing more for the handlers."""

from __future__ import annotations

import logging

import pytest

from pytest_policy_contracts.environment.logs import recorded_logs, texts_of_error, texts_of_record


class Keeping(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record.getMessage())


@pytest.fixture
def logger() -> logging.Logger:
    made = logging.getLogger("tests.environment.logs")
    made.setLevel(logging.WARNING)
    return made


def test_every_level_is_recorded(logger: logging.Logger) -> None:
    """Records below the logger's level are seen as well, with the arguments they were made with."""
    with recorded_logs() as records:
        logger.debug("connecting with %s", "secret")
        logger.error("failed")
        logging.getLogger("some.other").info("other")

    assert [record.getMessage() for record in records] == ["connecting with secret", "failed", "other"]


def test_handlers_get_what_they_always_got(logger: logging.Logger) -> None:
    """Recording shows no handler a record that its logger would have dropped."""
    handler = Keeping()
    logger.addHandler(handler)
    try:
        with recorded_logs():
            logger.debug("too fine")
            logger.warning("coarse enough")
    finally:
        logger.removeHandler(handler)

    assert handler.kept == ["coarse enough"]


def test_disabled_logging_is_recorded(logger: logging.Logger) -> None:
    """`logging.disable` hides nothing from the record."""
    logging.disable(logging.CRITICAL)
    try:
        with recorded_logs() as records:
            logger.info("still here")
    finally:
        logging.disable(logging.NOTSET)
    assert [record.getMessage() for record in records] == ["still here"]


def test_logging_is_put_back(logger: logging.Logger) -> None:
    """After the recording, also one that an error ended, logging is what it was."""
    before = (logging.Logger.isEnabledFor, logging.Logger.callHandlers)
    with pytest.raises(LookupError), recorded_logs():
        raise LookupError
    assert (logging.Logger.isEnabledFor, logging.Logger.callHandlers) == before


def texts(record: logging.LogRecord) -> str:
    return "\n".join(text for _, text in texts_of_record(record))


def test_everything_a_record_can_show(logger: logging.Logger) -> None:
    """Message, arguments, exception, its causes, and extra fields are all looked at."""
    with recorded_logs() as records:
        try:
            try:
                raise KeyError("from the cause")
            except KeyError as error:
                raise ValueError("from the error") from error
        except ValueError:
            logger.exception("at %s", "argument", extra={"user": "from the extra field"})
        logger.info("%d of %s", "no number")  # noqa: PLE1206  # a broken record is what is recorded

    assert all(
        part in texts(records[0])
        for part in ("at argument", "from the error", "from the cause", "from the extra field")
    )
    assert "no number" in texts(records[1])


def test_everything_an_error_can_show() -> None:
    """Causes, contexts, notes, fields and the members of groups are looked at, in circles too."""
    inner = LookupError("from the group")
    error = ExceptionGroup("several", [inner, ValueError("another")])
    error.add_note("from a note")
    inner.hidden = "from a field"  # type: ignore[attr-defined]
    inner.__context__ = error

    found = "\n".join(text for _, text in texts_of_error(error))
    for part in ("several", "from the group", "another", "from a note", "from a field"):
        assert part in found
    assert list(texts_of_error(None)) == []
