"""Takes secrets out of what modules say of their failures [ORC-019]."""

from collections.abc import Iterable, Iterator, Mapping

from pytest_policy_contracts.contracts import REDACTED, ConfigDiff
from reference_impl.errors import PolicyError


class ModuleFailedError(PolicyError):
    """A module failed; where the reload carried secrets the text has them taken out, and the cause is left out."""


def told(name: str, error: BaseException, diff: ConfigDiff) -> ModuleFailedError:
    """Return the failure of a module as it may be shown.

    Its cause is what the module raised, unless the reload has sensitive changes: a traceback, a cause or an argument may
    hold their values in any form.
    """
    secrets = sorted(_texts(diff), key=len, reverse=True)
    text = _text_of(error)
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    failure = ModuleFailedError(
        f"{name}: {type(error).__name__}: {text}" if text else f"{name}: {type(error).__name__}"
    )
    if not any(change.sensitive for change in diff.changes):
        failure.__cause__ = error
    return failure


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failed:
        return f"its text raised {type(failed).__name__}"


def _texts(diff: ConfigDiff) -> set[str]:
    """Return every text by which a sensitive value may show up."""
    values = (value for change in diff.changes if change.sensitive for value in (change.old, change.new))
    leaves = {leaf for value in values for leaf in _leaves(value)}
    return {text for text in leaves if text}


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _leaves(key)
            yield from _leaves(one)
    elif isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray)):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, (bytes, bytearray)):
        yield value.decode("latin-1")
        yield repr(value)
    elif value is not None:
        yield str(value)
        yield repr(value)[1:-1] if isinstance(value, str) else repr(value)
