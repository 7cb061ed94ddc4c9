"""One text for one value, the same in every process and on every host.

Rules: types are kept apart (`True`, `1` and `1.0` differ), the order of mappings and sets does not
count, the order of sequences does. An object without a text of its own contributes its type only,
because its address would make the same content differ from run to run. The text is made to be
hashed, never to be shown: it must not be put into a message, since it holds the values.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def digest(parts: Iterable[object]) -> str:
    """Answer 32 hexadecimal digits (128 bits of SHA-256) that depend on the content only."""
    return sha256(canonical(tuple(parts)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def canonical(value: object) -> str:
    """Answer the one text of `value`; a value that contains itself raises `RecursionError`."""
    return f"{_name(type(value))}{_content(value)}"


def _content(value: object) -> str:
    if isinstance(value, Enum):
        return f".{value.name}"
    if isinstance(value, Mapping):
        return _joined(sorted(f"{canonical(k)}={canonical(v)}" for k, v in value.items()))
    if isinstance(value, set | frozenset):
        return _joined(sorted(map(canonical, value)))
    if isinstance(value, list | tuple):
        return _joined(map(canonical, value))
    if is_dataclass(value) and not isinstance(value, type):
        return _joined(f"{f.name}={canonical(getattr(value, f.name))}" for f in fields(value))
    return _text(value)


def _text(value: object) -> str:
    return "" if type(value).__repr__ is object.__repr__ else f"({_ADDRESS.sub('', repr(value))})"


def _joined(parts: Iterable[str]) -> str:
    return f"[{','.join(parts)}]"


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
