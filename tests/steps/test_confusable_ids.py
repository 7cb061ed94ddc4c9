"""The ids that TNT-005 tries: every common confusion is among them, and nothing that would be allowed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_policy_contracts.steps import confusable_ids
from pytest_policy_contracts.steps.confusable_ids import (
    SEPARATORS,
    confused_pairs,
    look_alikes,
    pattern_matches,
    patterns,
    split_otherwise,
    whitelist_with_separators,
)
from pytest_policy_contracts.steps.guarding import FRIENDS, TENANT, Access, whitelist

IDS = (TENANT, *FRIENDS)
any_text = st.text(max_size=12)


def allowed(entries: dict[str, list[str]], accesses: Iterable[Access]) -> list[Access]:
    """The accesses that the whitelist allows after all."""
    return [one for one in accesses if one.target_id in entries.get(one.tenant_id, ())]


# -- any text ----------------------------------------------------------------------------------------------------------


@given(any_text)
@settings(database=None, max_examples=300)
def test_a_text_is_not_its_own_look_alike(text: str) -> None:
    """What looks like an id never is the id, whatever the id: a guard that allows it is not to be accused."""
    assert text not in look_alikes(text)


@given(any_text)
@settings(database=None, max_examples=200)
def test_look_alikes_are_listed_once_and_in_the_same_order(text: str) -> None:
    """The same text has the same look-alikes, without repetition, so that a run repeats."""
    found = look_alikes(text)
    assert found == look_alikes(text)
    assert len(found) == len(set(found))


@given(any_text.filter(bool))
@settings(database=None, max_examples=200)
def test_every_text_has_look_alikes_by_addition(text: str) -> None:
    """Whatever the id is made of, there are ids with a space, an invisible sign or a wildcard beside it."""
    assert {"", f"{text} ", f" {text}", f"{text}\u200b", f"\ufeff{text}", f"{text}*", f"{text}\0"} <= set(
        look_alikes(text)
    )


@given(any_text)
@settings(database=None, max_examples=200)
def test_look_alikes_can_be_looked_up(text: str) -> None:
    """Every look-alike is a plain string that a whitelist can be asked about."""
    assert all(type(one) is str and isinstance(hash(one), int) for one in look_alikes(text))


# -- the ids that are used ---------------------------------------------------------------------------------------------

FORMS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "title case": str.title,
    "folded case": str.casefold,
    "other case": str.swapcase,
    "a space at the end": lambda text: text + " ",
    "a space in front": lambda text: " " + text,
    "a tab": lambda text: text + "\t",
    "an end of line": lambda text: text + "\n",
    "a null byte": lambda text: text + "\0",
    "a space that is not broken": lambda text: text + "\u00a0",
    "a space without width": lambda text: text + "\u200b",
    "a byte order mark": lambda text: "\ufeff" + text,
    "a prefix": lambda text: text[:-1],
    "half a prefix": lambda text: text[: len(text) // 2],
    "a suffix": lambda text: text[1:],
    "something longer": lambda text: text + "x",
    "something in front": lambda text: "x" + text,
    "a wildcard": lambda text: text + "*",
    "a wildcard of SQL": lambda text: text + "%",
    "the empty id": lambda text: "",
    "an underscore for a hyphen": lambda text: text.replace("-", "_"),
    "no hyphen": lambda text: text.replace("-", ""),
    "a hyphen that is not broken": lambda text: text.replace("-", "\u2011"),
    "quoted": lambda text: f'"{text}"',
    "turned round": lambda text: text[::-1],
    "twice": lambda text: text + text,
}
"""Of every id the text that a careless comparison takes for it."""


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_tried_for_every_id(name: str) -> None:
    """Each kind of confusion that CONTRACTS names is tried for the tenant and for its targets, where it changes them."""
    for text in IDS:
        changed = FORMS[name](text)
        assert changed == text or changed in look_alikes(text)


@pytest.mark.parametrize("name", FORMS)
def test_every_form_changes_some_id(name: str) -> None:
    """The ids have something for each confusion to get hold of: no form is a matter of form."""
    assert any(FORMS[name](text) != text for text in IDS)


@pytest.mark.parametrize(
    ("confused", "text", "alike"),
    [
        ("an accent that is put on separately", "café", "cafe\u0301"),
        ("an accent that is left out", "café", "cafe"),
        ("a sharp s that is folded", "straße", "strasse"),
        ("a Cyrillic a", "acme", "\u0430cme"),
        ("a Cyrillic e", "acme", "acm\u0435"),
        ("an i without its dot", "initech", "\u0131n\u0131tech"),
        ("a capital I with a dot", "Initech", "\u0130nitech"),
        ("a ligature", "file", "\ufb01le"),
        ("a wide digit", "acme7", "acme\uff17"),
        ("a number with a zero in front", "team4", "team04"),
        ("a number with a fraction", "v2", "v2.0"),
        ("escaped as in an address", "a b", "a%20b"),
        ("read from right to left", "acme", "\u202eacme"),
    ],
)
def test_confusables(confused: str, text: str, alike: str) -> None:
    """The classical confusions of Unicode and of ids that are cleaned up are among the look-alikes."""
    assert alike in look_alikes(text)


@pytest.mark.parametrize("form", ["NFD", "NFKD"])
def test_a_unicode_form_is_tried_on_either_side(form: str) -> None:
    """Tenant and target each have an accent, so that a guard that normalises only one of them is caught."""
    sides = (TENANT, next(one for one in FRIENDS if not one.isascii()))
    for text in sides:
        other = unicodedata.normalize(form, text)  # type: ignore[arg-type]
        assert other != text and other in look_alikes(text)


# -- accesses ----------------------------------------------------------------------------------------------------------


def test_no_confused_pair_is_a_pair_of_the_whitelist() -> None:
    """A guard that compares exactly denies every confused pair."""
    assert allowed(whitelist(), confused_pairs()) == []


def test_either_id_is_confused_while_the_other_is_right() -> None:
    """Each look-alike of the tenant reaches for a friend, and the tenant for each look-alike of its friends."""
    pairs = {(one.tenant_id, one.target_id) for one in confused_pairs()}

    assert {tenant for tenant, target in pairs if target == FRIENDS[0] and tenant != TENANT} == set(look_alikes(TENANT))
    for friend in FRIENDS:
        assert {(TENANT, alike) for alike in look_alikes(friend)} <= pairs
    assert all(tenant == TENANT or target in FRIENDS for tenant, target in pairs)


def matches(pattern: str, text: str) -> bool:
    """Whether somebody who takes an entry for a pattern, of a shell, of SQL or a regular expression, matches the text."""
    if pattern in ("any", "ALL", "%") or fnmatchcase(text, pattern):
        return True
    try:
        return re.fullmatch(pattern.removeprefix("re:"), text) is not None
    except re.error:
        return False


def test_the_patterns_would_match_and_do_not_allow() -> None:
    """Every access that is tried is one that some reading of the entries as patterns lets pass, and no exact one."""
    pairs = [(tenant, target) for tenant, targets in patterns().items() for target in targets]

    assert allowed(patterns(), pattern_matches()) == []
    for one in pattern_matches():
        assert any(matches(tenant, one.tenant_id) and matches(target, one.target_id) for tenant, target in pairs)


def test_another_split_is_no_pair_of_the_whitelist() -> None:
    """The texts divided at another place are allowed by no guard that compares exactly."""
    assert allowed(whitelist_with_separators(), split_otherwise()) == []


@pytest.mark.parametrize("mark", SEPARATORS, ids=repr)
def test_each_separator_joins_two_pairs_into_one_text(mark: str) -> None:
    """For each separator there are a pair of the whitelist and another that become the same text when joined by it."""
    pairs = {(tenant, target) for tenant, targets in whitelist_with_separators().items() for target in targets}
    joined = {mark.join(pair) for pair in pairs}

    confused = [one for one in split_otherwise() if mark.join((one.tenant_id, one.target_id)) in joined]
    assert len(confused) >= 2


@pytest.mark.parametrize("make", [patterns, whitelist_with_separators, whitelist])
def test_a_whitelist_is_made_anew(make: Callable[[], dict[str, list[str]]]) -> None:
    """What a guard does to the mapping that it is given does not reach the next one."""
    first = make()
    for targets in first.values():
        targets.clear()
    first.clear()
    assert make() != {}
    assert all(make().values())


@pytest.mark.parametrize("accesses", ["confused_pairs", "pattern_matches", "split_otherwise"])
def test_accesses_are_the_same_every_time(accesses: str) -> None:
    """Two runs hand the same accesses in, in the same order."""
    make = getattr(confusable_ids, accesses)
    assert list(make()) == list(make()) != []
