@contract-HealthProvider @version-1.0
Feature: HealthProvider
  A component that says how it is: quickly, honestly, and without doing anything else.

  @HLT-001 @must @since-1.0 @after-HLT-006
  Rule: A provider in working order raises nothing and answers with at least one report, none of them unhealthy or unknown
    Whoever asks decides by the answer whether to send traffic here. A provider that says nothing, raises or does not know
    how it is while everything works takes a good instance out of service.

    Scenario: The first check
      Given a fresh provider
      When its health is checked
      Then it answers with at least one report
      And no report is unhealthy or unknown

    Scenario: A later check
      Given a fresh provider
      And its health has been checked
      When an hour passes
      And its health is checked
      Then it answers with at least one report
      And no report is unhealthy or unknown

  @HLT-002 @must @since-1.0 @after-HLT-006
  Rule: Every report names a module and a component
    A report that nobody can be asked about is noise: at three in the morning the name is what leads to the right team.

    Scenario: Names in working order
      Given a fresh provider
      When its health is checked
      Then every report names a module and a component

    @needs-break_dependency
    Scenario: Names with a broken dependency
      Given a fresh provider
      And its dependency is broken
      When cached answers have expired
      And its health is checked
      Then every report names a module and a component

  @HLT-003 @must @since-1.0 @after-HLT-006
  Rule: Every status is one of healthy, degraded, unhealthy and unknown
    Statuses are compared, ranked and counted by programs. A fifth word is ranked by chance.

    Scenario: Statuses in working order
      Given a fresh provider
      When its health is checked
      Then every status is one of the four

    @needs-break_dependency
    Scenario: Statuses with a broken dependency
      Given a fresh provider
      And its dependency is broken
      When cached answers have expired
      And its health is checked
      Then every status is one of the four

  @HLT-004 @must @since-1.0 @after-HLT-006
  Rule: Module and component together are unique within one answer
    Reports are kept by these names. Of two with the same names one overwrites the other, and it may be the bad news.

    Scenario: Names within one answer
      Given a fresh provider
      When its health is checked
      Then no two reports have the same module and component

    @needs-break_dependency
    Scenario: Names within one answer with a broken dependency
      Given a fresh provider
      And its dependency is broken
      When cached answers have expired
      And its health is checked
      Then no two reports have the same module and component

  @HLT-005 @must @since-1.0 @after-HLT-006
  Rule: Reports carry the time of the check, with a timezone, not in the future and at most 60 seconds old
    An old answer looks exactly like a new one but for its time. A time without a zone is wrong by hours somewhere, and one
    in the future is never out of date.

    Scenario: Times of the first check
      Given a fresh provider
      When its health is checked
      Then every report was made within the last 60 seconds
      And no status is observed since a moment after its check

    Scenario: Times of a check an hour later
      Given a fresh provider
      And its health has been checked
      When an hour passes
      And its health is checked
      Then every report was made within the last 60 seconds
      And no status is observed since a moment after its check

    Scenario: Times of a check a good minute later
      Given a fresh provider
      And its health has been checked
      When cached answers have expired
      And its health is checked
      Then every report was made within the last 60 seconds
      And no status is observed since a moment after its check

  @HLT-006 @must @since-1.0
  Rule: The answer comes within the check timeout
    Probes give up after a second or two and take the silence for a failure. A check that never ends keeps its connection,
    its task and the next check waiting as well.

    Scenario: A check ends
      Given a fresh provider
      When its health is checked
      Then the check ended within its timeout

    Scenario: A second check ends
      Given a fresh provider
      When its health is checked
      And its health is checked
      Then the check ended within its timeout

    @needs-break_dependency
    Scenario: A check of a broken dependency ends
      Given a fresh provider
      And its dependency is broken
      When its health is checked
      And its health is checked
      Then the check ended within its timeout

    @async-only @at-each-place
    Scenario: A check after a cancelled one ends
      Given a fresh provider
      When the check is cancelled at each place where it waits
      And its health is checked
      Then the check ended within its timeout

  @HLT-007 @must @since-1.0 @needs-hang_dependency @after-HLT-006
  Rule: With its dependency hanging a check still ends within the check timeout, and does not say healthy
    A dependency that does not answer is the commonest way to be broken. The check that waits for it for ever turns one slow
    database into an outage of everything that asks.

    Scenario: The dependency hangs from the beginning
      Given a fresh provider
      And its dependency hangs
      When cached answers have expired
      And its health is checked
      Then the check ended within its timeout although the dependency hangs
      And it raised, or its worst status is not healthy

    Scenario: The dependency hangs after a good check
      Given a fresh provider
      And its health has been checked
      And its dependency hangs
      When cached answers have expired
      And its health is checked
      Then the check ended within its timeout although the dependency hangs
      And it raised, or its worst status is not healthy

    Scenario: It is asked again while the dependency hangs
      Given a fresh provider
      And its dependency hangs
      When cached answers have expired
      And its health is checked
      And its health is checked
      Then the check ended within its timeout although the dependency hangs
      And it raised, or its worst status is not healthy

  @HLT-008 @must @since-1.0 @after-HLT-006
  Rule: A check that is cancelled ends as cancelled
    Aggregators cut slow providers off by cancelling them. One that swallows the cancellation goes on behind their back, and
    every timeout above it waits in vain.

    @async-only @at-each-place
    Scenario: Cancelled at each place where it waits
      Given a fresh provider
      When the check is cancelled at each place where it waits
      Then the check ends as cancelled every time

    @async-only @at-each-place @needs-hang_dependency
    Scenario: Cancelled at each place while its dependency hangs
      Given a fresh provider
      And its dependency hangs
      When the check is cancelled at each place where it waits
      Then the check ends as cancelled every time

  @HLT-009 @must @since-1.0 @needs-break_dependency @after-HLT-006
  Rule: A broken dependency shows, as a worst status that is not healthy or as an exception, never as an exit of the process
    A check that stays green is worse than none: people stop looking. One that ends the process takes down what it watches.

    Scenario: The dependency breaks before the first check
      Given a fresh provider
      And its dependency is broken
      When cached answers have expired
      And its health is checked
      Then it raised, or its worst status is not healthy

    Scenario: The dependency breaks after a good check
      Given a fresh provider
      And its health has been checked
      And its dependency is broken
      When cached answers have expired
      And its health is checked
      Then it raised, or its worst status is not healthy

  @HLT-010 @must @since-1.0 @needs-break_dependency @needs-restore_dependency @after-HLT-006
  Rule: After the dependency is back the next check is healthy again
    A latch that stays red keeps a healthy instance out of service until somebody restarts it.

    Scenario: The dependency breaks and comes back
      Given a fresh provider
      And its health has been checked
      And its dependency is broken
      When cached answers have expired
      And its health is checked
      And its dependency is restored
      And cached answers have expired
      And its health is checked
      Then it is as healthy as it was

    Scenario: The dependency flaps
      Given a fresh provider
      And its health has been checked
      When its dependency breaks and comes back three times, with a check each time
      And cached answers have expired
      And its health is checked
      Then it is as healthy as it was

    @needs-hang_dependency
    Scenario: The dependency hangs and comes back
      Given a fresh provider
      And its health has been checked
      And its dependency hangs
      When cached answers have expired
      And its health is checked
      And its dependency is restored
      And cached answers have expired
      And its health is checked
      Then it is as healthy as it was

  @HLT-011 @must @since-1.0 @every-interleaving @after-HLT-006
  Rule: Concurrent checks do not disturb each other, also when one of them is cancelled
    Load balancers, orchestrators and dashboards all ask at once. What one of them does, giving up included, must not reach
    the others.

    Scenario: Three checks at once
      Given a fresh provider
      When its health is checked by three callers at the same time
      And it is checked once more by a lone caller
      Then each of them gets a whole, valid answer

    @async-only @at-each-place
    Scenario: Three checks at once, of which one is cancelled
      Given a fresh provider
      When its health is checked by three callers at the same time, and the first is cancelled at each place where it waits
      And it is checked once more by a lone caller
      Then each of the others gets a whole, valid answer

    @needs-break_dependency
    Scenario: Three checks at once of a broken dependency
      Given a fresh provider
      And its dependency is broken
      When cached answers have expired
      And its health is checked by three callers at the same time
      Then each of them ended within its timeout, and none of them says healthy

  @HLT-012 @must @since-1.0 @after-HLT-006
  Rule: Answers are independent: altering one does not show in another
    Whoever gets an answer sorts it, filters it and adds to it. Two callers that share one list, or one details mapping,
    rewrite each other's news.

    Scenario: One check after the other
      Given a fresh provider
      When its health is checked twice, and then the first answer is altered
      Then the other answer is what it was
      And a new answer shows nothing of the alteration

    Scenario: Two checks at once
      Given a fresh provider
      When its health is checked by two callers at the same time, and then the first answer is altered
      Then the other answer is what it was
      And a new answer shows nothing of the alteration

  @HLT-013 @must @since-1.0 @after-HLT-006
  Rule: A check leaves no task, thread, timer or forgotten coroutine behind
    Checks are made every few seconds for months. What each of them leaves behind is what takes the process down one day.

    Scenario: Nothing is left after a check
      Given a fresh provider, with what is running noted
      When its health is checked
      Then the check leaves nothing running

    @needs-break_dependency
    Scenario: Nothing is left after a check of a broken dependency
      Given a fresh provider, with what is running noted
      And its dependency is broken
      When its health is checked
      Then the check leaves nothing running

    @needs-hang_dependency
    Scenario: Nothing is left after a check of a hanging dependency
      Given a fresh provider, with what is running noted
      And its dependency hangs
      When its health is checked
      Then the check leaves nothing running

    @async-only @at-each-place
    Scenario: Nothing is left after a cancelled check
      Given a fresh provider, with what is running noted
      When the check is cancelled at each place where it waits
      Then the check leaves nothing running

  @HLT-014 @must @since-1.0 @needs-secrets @after-HLT-006
  Rule: Secret values appear in no message, details, error text or log record
    Health pages are open to more people than any other, and errors about connections love to quote the address with its
    password.

    Scenario: Secrets in working order
      Given a fresh provider
      And the log is recorded at every level
      When its health is checked
      Then no secret appears in a report, an error or the log

    @needs-break_dependency
    Scenario: Secrets with a broken dependency
      Given a fresh provider
      And the log is recorded at every level
      And its dependency is broken
      When cached answers have expired
      And its health is checked
      Then no secret appears in a report, an error or the log

    @needs-hang_dependency
    Scenario: Secrets with a hanging dependency
      Given a fresh provider
      And the log is recorded at every level
      And its dependency hangs
      When cached answers have expired
      And its health is checked
      Then no secret appears in a report, an error or the log

  @HLT-015 @should @since-1.0 @after-HLT-006
  Rule: An async check does not block its event loop for 100 milliseconds or more
    The check runs beside the requests it is there to protect. While it keeps the loop, none of them is served.

    @async-only
    Scenario: The loop goes on turning
      Given a fresh provider
      When its health is checked while the event loop is watched
      Then the event loop was never blocked for 100 milliseconds

  @HLT-016 @should @since-1.0 @needs-break_dependency @after-HLT-006
  Rule: The moment since when a status is observed stays while the status stays, and moves when the status changes
    "Unhealthy for two seconds" and "unhealthy for two hours" ask for different things. A moment that moves with every check
    says nothing, and one that never moves says the wrong thing.

    Scenario: The status stays, then changes
      Given a fresh provider
      When its health is checked, checked again, and checked with its dependency broken, a good minute apart
      Then the moments stayed while the statuses stayed
      And the moments moved where the statuses changed

  @HLT-017 @should @since-1.0 @after-HLT-006
  Rule: Checking is free of effects: ten checks in a row give the same statuses
    A check that uses something up reports, in the end, on itself.

    Scenario: Ten checks in a row
      Given a fresh provider
      When its health is checked ten times in a row
      Then all answers have the same statuses

  @HLT-018 @should @since-1.0 @after-HLT-006
  Rule: Details can be written as strict JSON
    Details end up on a health page. A NaN, a set or a date in them breaks the page, on the day when it is needed.

    Scenario: Details in working order
      Given a fresh provider
      When its health is checked
      Then the details of every report can be written as strict JSON

    @needs-break_dependency
    Scenario: Details with a broken dependency
      Given a fresh provider
      And its dependency is broken
      When cached answers have expired
      And its health is checked
      Then the details of every report can be written as strict JSON
