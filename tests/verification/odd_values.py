"""Values that an odd subject hands out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn


class Evasive:
    """What another object is, apart from one field that cannot be read."""

    def __init__(self, whole: object, hidden: str) -> None:
        self._whole = whole
        self._hidden = hidden

    def __getattr__(self, name: str) -> Any:
        if name == self._hidden:
            raise ValueError("not known yet")
        return getattr(self._whole, name)


class Interrupted(Sequence[Any]):
    """A sequence that breaks off while one goes through it."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: Any) -> NoReturn:
        raise ConnectionError("the cursor is closed")


class Unspeakable:
    """Has neither a text nor a representation."""

    def __repr__(self) -> str:
        raise ValueError("there are no words")


class ReadOnly(dict[str, Any]):
    """A mapping that refuses to be changed, with an error of its own."""

    def _refuse(self, *arguments: object) -> NoReturn:
        raise LookupError("read only")

    __setitem__ = clear = pop = update = _refuse


def circle() -> dict[str, Any]:
    """A mapping that contains itself."""
    made: dict[str, Any] = {}
    made["itself"] = made
    return made
