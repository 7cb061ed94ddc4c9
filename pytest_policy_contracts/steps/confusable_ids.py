"""Ids that a careless comparison takes for one another: the whole of what TNT-005 tries.

Sources: Unicode Standard Annex 15 (normal forms), Unicode Technical Standard 39 (confusables), and the ways in which ids are
commonly cleaned up or joined.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

from pytest_policy_contracts.steps.guarding import FRIENDS, TENANT, Access

SEPARATORS = (
    ":",
    "/",
    "|",
    "->",
    "=>",
    ",",
    ".",
    "::",
    "#",
    "@",
    ";",
    "-",
    "_",
    "+",
    "~",
    "\\",
    " ",
    "\t",
    "\0",
    "\x1f",
    "",
)

_PATTERNS = {
    "*": ["globex-4"],
    "acme-7": ["*", "glob*", "%", ".*", "?nitech-2", "initech-[0-9]", "re:.*", "any", "ALL"],
    "initech-?": ["globex-4"],
    "umbrella-[0-9]": ["globex-4"],
    ".*": ["globex-4"],
    "%": ["globex-4"],
}


def look_alikes(text: str) -> list[str]:
    """Return texts that look like `text`, or become it when somebody cleans them up; never `text` itself."""
    changed = [
        "", text.upper(), text.lower(), text.title(), text.swapcase(), text.casefold(), text.capitalize(),
        *(unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")),
        *(f"{text}{end}" for end in (" ", "\t", "\n", "\r\n", "\0", "\u00a0", "\u200b", "\ufeff", ".", "/", "x", "%", "*")),
        *(f"{start}{text}" for start in (" ", "\t", "\ufeff", "/", "x", "*")),
        text[:-1], text[1:], text[: len(text) // 2], text + text, text[::-1],
        text.replace("-", "_"), text.replace("-", ""), text.replace("-", "\u2011"), text.replace("-", " "),
        text.replace("a", "\u0430"), text.replace("e", "\u0435"), text.replace("i", "\u0131"), text.replace("I", "\u0130"),
        text.replace("fi", "\ufb01"), text.replace("7", "\uff17"), text.replace("4", "04"), text.replace("2", "2.0"),
        _without_accents(text), quote(text), f"'{text}'", f'"{text}"', repr(text.encode())[2:-1], f"\u202e{text}",
    ]  # fmt: skip
    return [one for one in dict.fromkeys(changed) if one != text]


def _without_accents(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))


def patterns() -> dict[str, list[str]]:
    """Return a whitelist whose entries are patterns in one language or another, and here only odd ids."""
    return {tenant: list(targets) for tenant, targets in _PATTERNS.items()}


def confused_pairs() -> Iterator[Access]:
    """Yield accesses in which either id of an allowed pair has become another one that looks like it."""
    for alike in look_alikes(TENANT):
        yield Access(tenant_id=alike, target_id=FRIENDS[0])
    for target in FRIENDS:
        for alike in look_alikes(target):
            if alike not in FRIENDS:
                yield Access(tenant_id=TENANT, target_id=alike)


def pattern_matches() -> Iterator[Access]:
    """Yield accesses that the patterns of `patterns()` would match, if they were patterns."""
    for tenant, target in (
        ("acme-7", "globex-4"), ("acme-7", "initech-2"), ("acme-7", "umbrella-9"), ("acme-7", "anybody"),
        ("umbrella-9", "globex-4"), ("initech-2", "globex-4"), ("acme-8", "globex-4"), ("x", "globex-4"),
    ):  # fmt: skip
        yield Access(tenant_id=tenant, target_id=target)


def whitelist_with_separators() -> dict[str, list[str]]:
    """Return pairs whose ids contain separators, one pair a separator and side."""
    pairs: dict[str, list[str]] = {}
    for number, mark in enumerate(SEPARATORS):
        pairs[f"n{number}{mark}west"] = [f"east{number}"]
        pairs[f"s{number}"] = [f"west{number}{mark}east"]
    return pairs


def split_otherwise() -> Iterator[Access]:
    """Yield the same texts, divided between tenant and target at another place."""
    for number, mark in enumerate(SEPARATORS):
        yield Access(tenant_id=f"n{number}", target_id=f"west{mark}east{number}")
        yield Access(tenant_id=f"s{number}{mark}west{number}", target_id="east")
