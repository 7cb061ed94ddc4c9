"""A feature file read as clauses: what it says, and what it may not say."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_policy_contracts.clauses import ClauseError, Level
from pytest_policy_contracts.clauses.feature_files import FeatureFile, read_feature
from pytest_policy_contracts.contracts import SuiteError

Read = Callable[[str], FeatureFile]

WHOLE = '''\
@contract-Reloadable @version-1.2
Feature: Reloadable
  What the contract is about.

  Background:
    Given a fresh module

  @RLD-004 @should @since-1.1 @needs-snapshot @needs-invalid-changes
  @every-interleaving @at-each-place @after-RLD-008 @after-RLD-001
  Rule: Reloading twice leaves the state of reloading once
    Orchestrators retry.

      They do so blindly.

    Background:
      Given its state is noted
      And the clock stands still

    @needs-secrets @sync-only @wip @slow
    Scenario: The same changes twice
      Some words about it.
      When the same changes are reloaded
        """json
        {"a": 1}
        """
      But nobody looks
      * the loop turns
      Then the state is that of one reload
        | name | value |
        | ttl  | 30    |

    @without-secrets @async-only
    Scenario: Once more
      When the same changes are reloaded
      Then the state is that of one reload

  @RLD-008 @must
  Rule: A reload ends
    Scenario: It ends
      Then it has ended
'''

HEAD = "@contract-X @version-1.0\nFeature: X\n"
RULE = HEAD + "  @XYZ-001 @must\n  Rule: It holds\n"
SCENARIO = "    Scenario: One\n      Given a\n      Then b\n"
NUMBERED = "    @scenario-1\n" + SCENARIO


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a text as a feature file."""

    def read_text(text: str) -> FeatureFile:
        file = tmp_path / "x.feature"
        file.write_text(text, encoding="utf-8")
        return read_feature(file)

    return read_text


def test_rule_becomes_clause(read: Read) -> None:
    """Title, rationale and every tag of a rule reach its clause."""
    feature = read(WHOLE)
    clause = feature.clauses[0]

    assert ("Reloadable", "1.2") == (feature.contract, feature.version)
    assert ("RLD-004", Level.SHOULD, "1.1") == (clause.id, clause.level, clause.since)
    assert ("Reloadable", 10) == (clause.contract, clause.line)
    assert "Reloading twice leaves the state of reloading once" == clause.title
    assert "Orchestrators retry.\n\n  They do so blindly." == clause.rationale
    assert ("snapshot", "invalid_changes") == clause.needs
    assert ("RLD-008", "RLD-001") == clause.after
    assert clause.every_interleaving
    assert clause.every_place


def test_unset_tags_have_plain_defaults(read: Read) -> None:
    """A rule with id and level only needs nothing, comes after nothing and dates from 1.0."""
    clause = read(WHOLE).clauses[1]

    assert ((), (), "1.0", "") == (clause.needs, clause.after, clause.since, clause.rationale)
    assert (Level.MUST, False, False) == (
        clause.level,
        clause.every_interleaving,
        clause.every_place,
    )


def test_level_reads_as_the_report_prints_it() -> None:
    """A level formats as MUST or SHOULD."""
    assert "MUST SHOULD" == f"{Level.MUST} {Level.SHOULD}"


def test_scenario_is_complete_by_itself(read: Read) -> None:
    """A scenario carries its clause's needs and marks beside its own, and other tags verbatim."""
    first, second = read(WHOLE).clauses[0].scenarios

    assert ("RLD-004", 1, 2) == (first.clause_id, first.number, second.number)
    assert ("snapshot", "invalid_changes", "secrets") == first.needs
    assert ("wip", "slow") == first.tags
    assert (True, False) == (first.sync_only, first.async_only)
    assert (("secrets",), True) == (second.without, second.async_only)
    assert first.every_interleaving
    assert first.every_place
    assert (20, "x.feature") == (first.line, first.file.name)


def test_background_steps_come_first(read: Read) -> None:
    """The feature's background comes first, then the rule's, then the scenario's own steps."""
    texts = [step.text for step in read(WHOLE).clauses[0].scenarios[1].steps]

    assert [
        "a fresh module",
        "its state is noted",
        "the clock stands still",
        "the same changes are reloaded",
        "the state is that of one reload",
    ] == texts


def test_continuing_keywords_are_resolved_and_shown(read: Read) -> None:
    """And, But and * take the keyword they continue, and are shown as written."""
    steps = read(WHOLE).clauses[0].scenarios[0].steps

    shown = [(step.keyword, step.shown_keyword) for step in steps]
    assert [
        ("Given", "Given"),
        ("Given", "Given"),
        ("Given", "And"),
        ("When", "When"),
        ("When", "But"),
        ("When", "*"),
        ("Then", "Then"),
    ] == shown


def test_docstring_and_table_belong_to_their_step(read: Read) -> None:
    """A step carries its docstring and its table, with the lines where it stands."""
    steps = read(WHOLE).clauses[0].scenarios[0].steps

    assert ('{"a": 1}', None, 22) == (steps[3].docstring, steps[3].datatable, steps[3].line)
    assert (("name", "value"), ("ttl", "30")) == steps[-1].datatable


def test_clause_is_hashable(read: Read) -> None:
    """A clause is an immutable value that can be a key, equal when read again."""
    assert 1 == len({read(WHOLE).clauses[0], read(WHOLE).clauses[0]})


def test_mark_on_every_scenario_is_a_mark_of_the_clause(read: Read) -> None:
    """A clause has a sign when each of its scenarios has it, and not when only some have."""
    marked = SCENARIO.replace("    Scenario", "    @at-each-place\n    Scenario")

    assert read(RULE + marked).clauses[0].every_place
    assert not read(RULE + marked + SCENARIO.replace("One", "Two")).clauses[0].every_place


def test_explicit_number_sets_the_count(read: Read) -> None:
    """`@scenario-5` numbers its scenario and those behind it, so replay tokens stay valid."""
    text = RULE + SCENARIO
    text += "    @scenario-5\n" + SCENARIO.replace("One", "Two") + SCENARIO.replace("One", "Three")

    assert [1, 5, 6] == [one.number for one in read(text).clauses[0].scenarios]


def test_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    """A file saved on Windows says the same."""
    file = tmp_path / "x.feature"
    file.write_bytes(b"\xef\xbb\xbf" + (RULE + SCENARIO).replace("\n", "\r\n").encode())

    assert "It holds" == read_feature(file).clauses[0].title


@pytest.mark.parametrize(
    ("text", "line", "fact", "value", "remedy"),
    [
        pytest.param(
            RULE.replace("@must", "@must @need-snapshot") + SCENARIO,
            3, "unknown tag", "@need-snapshot", "Did you mean @needs-…?", id="unknown rule tag",
        ),
        pytest.param(
            RULE.replace("@must", "@must @every-interleavng") + SCENARIO,
            3, "unknown tag", "@every-interleavng", "@every-interleaving", id="misspelt flag",
        ),
        pytest.param(
            RULE.replace("@version", "@verzion") + SCENARIO,
            2, "no @version- tag", "@verzion-1.0", "Write @version-1.0", id="no version",
        ),
        pytest.param(
            RULE.replace("@contract-X", "") + SCENARIO,
            2, "no @contract- tag", "@version-1.0", "@contract-Reloadable", id="no contract",
        ),
        pytest.param(
            RULE.replace("@contract", "@slow @contract") + SCENARIO,
            1, "unknown tag", "@slow", "Known: @contract-…, @version-….", id="feature tag",
        ),
        pytest.param(
            RULE.replace("@XYZ-001", "") + SCENARIO,
            4, "a rule without an id", "@must", "such as @RLD-004", id="no id",
        ),
        pytest.param(
            RULE.replace("@XYZ-001", "@XYZ-001 @XYZ-002") + SCENARIO,
            4, "more than one id", "@XYZ-001 @XYZ-002", "Write one id", id="two ids",
        ),
        pytest.param(
            RULE.replace("@must", "") + SCENARIO,
            4, "without a level", "no tags", "@must or @should", id="no level",
        ),
        pytest.param(
            RULE.replace("@must", "@must @should") + SCENARIO,
            4, "more than one level", "@must @should", "either", id="two levels",
        ),
        pytest.param(
            RULE.replace("@must", "@must @since-1") + SCENARIO,
            3, "malformed value", "1", "It has to match", id="malformed version",
        ),
        pytest.param(
            RULE.replace("@must", "@must @since-1.0 @since-1.1") + SCENARIO,
            4, "more than one @since- tag", "1.0, 1.1", "Keep one", id="two versions",
        ),
        pytest.param(
            RULE.replace("@must", "@must @needs-") + SCENARIO,
            3, "malformed value", "", "It has to match", id="empty need",
        ),
        pytest.param(
            RULE.replace("@must", "@must @after-rld-8") + SCENARIO,
            3, "malformed value", "rld-8", "It has to match", id="malformed precondition",
        ),
        pytest.param(
            RULE.replace("It holds", "") + SCENARIO,
            4, "a rule without a promise", "XYZ-001", "Write the promise", id="no title",
        ),
        pytest.param(
            RULE, 4, "a rule without a scenario", "It holds", "Add one way", id="no scenario",
        ),
        pytest.param(
            RULE + SCENARIO + "  @XYZ-001 @must\n  Rule: Again\n" + SCENARIO.replace("One", "Two"),
            9, "an id that x.feature:4 has already", "XYZ-001", "next free", id="duplicate id",
        ),
        pytest.param(
            RULE + SCENARIO + SCENARIO,
            8, "a scenario name that line 5 has already", "One", "of its own", id="duplicate name",
        ),
        pytest.param(
            RULE + SCENARIO + "  @XYZ-002 @must\n  Rule: Another\n" + SCENARIO,
            10, "a scenario name that line 5", "One", "of its own", id="duplicate name, other rule",
        ),
        pytest.param(
            HEAD + SCENARIO, 3, "a scenario outside a rule", "One", "Move it", id="outside a rule",
        ),
        pytest.param(
            RULE + "    Scenario: One\n      Given a\n",
            5, "claims nothing", "One", "Add a Then", id="no claim",
        ),
        pytest.param(
            RULE + "    Scenario: One\n      Thne b\n",
            5, "claims nothing", "One", "has no keyword", id="misspelt only step",
        ),
        pytest.param(
            RULE + SCENARIO.replace("One", ""),
            5, "without a name", "Scenario:", "Name it", id="no scenario name",
        ),
        pytest.param(
            RULE + SCENARIO.replace("Given", "And"),
            6, "does not start with Given", "And a", "Write the keyword", id="And first",
        ),
        pytest.param(
            RULE + NUMBERED + NUMBERED.replace("One", "Two"),
            10, "number that line 6 has", "@scenario-1", "next free", id="duplicate number",
        ),
        pytest.param(
            RULE + "    @needs-a @without-a\n" + SCENARIO,
            6, "needs a capability and excludes it", "a", "Drop one", id="needs and excludes",
        ),
        pytest.param(
            RULE.replace("@must", "@must @needs-a") + "    @without-a\n" + SCENARIO,
            6, "needs a capability and excludes it", "a", "Drop one", id="excludes clause's need",
        ),
        pytest.param(
            RULE + "    @sync-only @async-only\n" + SCENARIO,
            6, "never run", "@sync-only @async-only", "Drop one", id="sync and async",
        ),
        pytest.param(
            RULE + SCENARIO + "      nonsense\n",
            8, "not valid Gherkin", "nonsense", "Correct the line", id="not Gherkin",
        ),
        pytest.param("", 0, "a file without a feature", "x.feature", "Start it", id="empty"),
        pytest.param(
            "# language: xx\nFeature: X\n", 1, "not valid Gherkin", "xx", "Correct", id="language",
        ),
    ],
)  # fmt: skip
def test_malformed_file_is_refused_with_place_value_and_remedy(
    read: Read, text: str, line: int, fact: str, value: str, remedy: str
) -> None:
    """A malformed file yields no clause but an error that names file, line, value and remedy."""
    with pytest.raises(ClauseError) as caught:
        read(text)

    message = str(caught.value)
    assert ("x.feature", line) == (caught.value.file.name, caught.value.line)
    assert f"x.feature:{line}: " in message if line else "x.feature: " in message
    assert fact in message
    assert value in caught.value.value
    assert remedy in caught.value.remedy
    assert message.endswith(caught.value.remedy)
    assert isinstance(caught.value, SuiteError)


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    """A file in another encoding is an error that says so."""
    file = tmp_path / "x.feature"
    file.write_bytes(b"Feature: \xff")

    with pytest.raises(ClauseError, match="not UTF-8 text"):
        read_feature(file)


def test_absent_file_is_refused(tmp_path: Path) -> None:
    """A path without a file is an error of ours, not of the operating system."""
    with pytest.raises(ClauseError, match="unreadable"):
        read_feature(tmp_path / "none.feature")
