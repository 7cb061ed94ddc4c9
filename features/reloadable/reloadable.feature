@contract-Reloadable @version-1.0
Feature: Reloadable
  A module that takes new settings while it runs, and stays in one piece while it does.

  @RLD-001 @must @since-1.0 @after-RLD-008
  Rule: The reload timeout is above zero and at most 24 hours, and the same on every read between two reloads
    Whoever asks for a reload plans with this number: it decides how long the others wait in the queue. Zero gives up
    before the work has begun, a number without an end holds everybody up, and one that moves cannot be planned with.

    Scenario: The timeout of a fresh module
      Given a fresh module
      When its reload timeout is read five times in an hour
      Then every reading is above zero and at most 24 hours
      And all readings are the same

    Scenario: The timeout after a reload
      Given a fresh module
      And the changes have been reloaded
      When its reload timeout is read five times in an hour
      Then every reading is above zero and at most 24 hours
      And all readings are the same

  @RLD-002 @must @since-1.0 @every-interleaving @after-RLD-008
  Rule: Asking whether a module can reload gives a plain yes or no at once, whoever asks and whenever, and changes nothing
    The question is asked of every module before every reload, often by several callers. An answer that raises, waits or
    is something else than a bool stops reloads that have nothing to do with this module.

    Scenario: Asked once
      Given a fresh module
      When it is asked whether it can reload
      Then every answer is a plain yes or no
      And no answer took any time

    @crowd
    Scenario: Asked a hundred times at once
      Given a fresh module
      When a hundred callers ask at the same time whether it can reload
      Then every answer is a plain yes or no
      And no answer took any time

    Scenario: Asked during a reload
      Given a fresh module
      When three callers ask whether it can reload while the changes are reloaded
      Then every answer is a plain yes or no
      And no answer took any time

    @needs-snapshot
    Scenario: Asking changes nothing
      Given a fresh module
      And its settings are noted
      When it is asked whether it can reload
      And everything has settled
      Then its settings are what they were

  @RLD-003 @must @since-1.0 @needs-snapshot @after-RLD-008
  Rule: An empty change set is accepted and changes nothing
    Configuration systems report "something happened" more often than something did. A module that refuses nothing, or
    falls back to its defaults, turns every such report into an outage.

    Scenario: Nothing to change in a fresh module
      Given a fresh module
      And its settings are noted
      When it is reloaded with no changes
      Then the reload is accepted
      And its settings are what they were

    Scenario: Nothing to change after a reload
      Given a fresh module
      And the changes have been reloaded
      And its settings are noted
      When it is reloaded with no changes
      Then the reload is accepted
      And its settings are what they were

  @RLD-004 @must @since-1.0 @needs-snapshot @after-RLD-008
  Rule: Reloading the same changes twice leaves the state of reloading them once, and the second call does not fail
    Delivery is "at least once" everywhere: a retry, a restarted orchestrator or two watchers of one file hand in the same
    changes again. What adds up, toggles or insists on the old value breaks on the second delivery.

    Scenario: The same changes twice
      Given a fresh module
      And the changes have been reloaded
      And its settings are noted
      When the changes are reloaded
      Then the reload is accepted
      And its settings are what they were

    Scenario: The same changes three times
      Given a fresh module
      And the changes have been reloaded
      And its settings are noted
      When the changes are reloaded
      And the changes are reloaded
      Then the reload is accepted
      And its settings are what they were

  @RLD-005 @must @since-1.0 @needs-snapshot @after-RLD-008
  Rule: A reload that is cancelled before its first step changes nothing, then or later
    A caller that gives up before anything began must be able to believe that nothing began. Work done while the call is
    still being set up, or handed to a task that nobody cancels, breaks that.

    @async-only
    Scenario: Cancelled before its first step
      Given a fresh module
      And its settings are noted
      When a reload is cancelled before its first step
      Then its settings are what they were
      When everything has settled
      Then its settings are what they were

  @RLD-006 @must @since-1.0 @after-RLD-008
  Rule: A reload that is cancelled while it waits ends as cancelled
    A swallowed cancellation breaks every timeout, every task group and every shutdown above it: they wait for a module that
    believes it has succeeded. Finishing a short clean-up or a commit first is fine, as long as the call then ends as cancelled.

    @async-only @at-each-place
    Scenario: Cancelled at each place where it waits
      Given a fresh module
      When the reload is cancelled at each place where it waits
      Then the reload ends as cancelled every time

  @RLD-007 @must @since-1.0 @needs-snapshot @after-RLD-008
  Rule: A cancelled reload leaves the old state or the new one, never a mixture
    After a cancellation nobody looks at the module again: whatever it was left with is what production runs on, perhaps for
    weeks. Half of the old settings with half of the new ones was tested by nobody.

    @async-only @at-each-place
    Scenario: The settings after a cancellation
      Given a fresh module
      And its original and its new settings are known
      When the reload is cancelled at each place where it waits
      Then its settings are the original or the new ones every time
      When everything has settled
      Then its settings are the original or the new ones every time

  @RLD-008 @must @since-1.0
  Rule: A reload ends, one way or the other, within its reload timeout
    One module that never answers stops the reload of all modules behind it. Success, refusal and error are all fine; only
    silence is not.

    Scenario: A reload of valid changes ends
      Given a fresh module
      When the changes are reloaded
      Then the reload ended within its timeout

    Scenario: A second reload ends
      Given a fresh module
      When the changes are reloaded
      And the changes are reloaded
      Then the reload ended within its timeout

    Scenario: A reload of nothing ends
      Given a fresh module
      When it is reloaded with no changes
      Then the reload ended within its timeout

    @needs-alternative_changes
    Scenario: A reload of other changes ends
      Given a fresh module
      When the changes are reloaded
      And the alternative changes are reloaded
      Then the reload ended within its timeout

    @needs-invalid_changes
    Scenario: A reload of invalid changes ends
      Given a fresh module
      When the invalid changes are reloaded
      Then the reload ended within its timeout

    @needs-invalid_changes
    Scenario: A reload after a refused one ends
      Given a fresh module
      When the invalid changes are reloaded
      And the changes are reloaded
      Then the reload ended within its timeout

    @async-only @at-each-place
    Scenario: A reload after a cancelled one ends
      Given a fresh module
      When the reload is cancelled at each place where it waits
      And the changes are reloaded
      Then the reload ended within its timeout

  @RLD-009 @must @since-1.0 @needs-invalid_changes @after-RLD-008
  Rule: Changes that cannot be applied are refused with an exception, not silently and not with an exit of the process
    A silent refusal looks like success to whoever rolled the change out. An exit takes every other module of the process
    down because of one bad value.

    Scenario: Invalid changes
      Given a fresh module
      When the invalid changes are reloaded
      Then the reload is refused with an exception

  @RLD-010 @must @since-1.0 @needs-invalid_changes @needs-snapshot @after-RLD-008
  Rule: A refused reload leaves the state as it was
    The caller keeps the old configuration on file when a reload is refused. A module that kept a part of the refused one
    now runs on settings that are written down nowhere.

    Scenario: Invalid changes leave a fresh module alone
      Given a fresh module
      And its settings are noted
      When the invalid changes are reloaded
      Then its settings are what they were unless the changes were accepted
      When everything has settled
      Then its settings are what they were unless the changes were accepted

    Scenario: Invalid changes leave a reloaded module alone
      Given a fresh module
      And the changes have been reloaded
      And its settings are noted
      When the invalid changes are reloaded
      And everything has settled
      Then its settings are what they were unless the changes were accepted

    Scenario: Invalid changes behind valid ones
      Given a fresh module
      And its settings are noted
      When the valid and the invalid changes are reloaded together
      And everything has settled
      Then its settings are what they were unless the changes were accepted

  @RLD-011 @must @since-1.0 @needs-snapshot @after-RLD-008
  Rule: After a refused reload the next valid one succeeds
    The natural next step after a refused change is a corrected one. A lock that was not given back, a flag that still says
    "busy" or a half-closed pool makes the mistake permanent.

    @needs-invalid_changes
    Scenario: A valid reload after a refused one
      Given a fresh module
      And its original and its new settings are known
      When the invalid changes are reloaded
      And the changes are reloaded
      Then the reload is accepted
      And its settings are the new ones

    @without-invalid_changes @async-only @at-each-place
    Scenario: A valid reload after a cancelled one
      Given a fresh module
      And its original and its new settings are known
      When the reload is cancelled at each place where it waits
      And the changes are reloaded
      Then the reload is accepted
      And its settings are the new ones

  @RLD-012 @must @since-1.0 @needs-snapshot @after-RLD-008
  Rule: Applying the inverse changes restores the earlier state, with added and removed settings and with value types kept
    Rolling back is done by reloading the inverse. A setting that stays although it was added, comes back as None although it
    was removed, or returns as text although it was a number makes the rollback another change.

    Scenario: There and back
      Given a fresh module
      And its original and its new settings are known
      And the changes have been reloaded
      When the inverse changes are reloaded
      Then the reload is accepted
      And its settings are the original ones

  @RLD-013 @must @since-1.0 @needs-snapshot @needs-alternative_changes @every-interleaving @after-RLD-008
  Rule: Concurrent reloads end in the state of some serial order of those that were accepted
    Two operators, two watchers, or a rollback beside a roll-out: reloads meet. Any order is fine, and so is refusing one as
    busy; a state that no order explains is not.

    Scenario: Two reloads at once
      Given a fresh module
      When the changes and the alternative changes are reloaded at the same time
      Then its settings are those of some serial order
      When everything has settled
      Then its settings are those of some serial order

    Scenario: Three reloads at once
      Given a fresh module
      When the changes are reloaded twice at the same time as the alternative changes
      Then its settings are those of some serial order
      When everything has settled
      Then its settings are those of some serial order

  @RLD-014 @must @since-1.0 @needs-snapshot @every-interleaving @after-RLD-008
  Rule: Whoever reads the settings during a reload sees the old ones or the new ones
    The module goes on serving while it reloads. A request that meets the new address with the old password fails in a way
    that nobody can repeat.

    Scenario: Read while a reload succeeds
      Given a fresh module
      And its original and its new settings are known
      When its settings are read between any two steps of a reload
      Then every reading shows the original or the new settings

    @needs-invalid_changes
    Scenario: Read while a reload is refused
      Given a fresh module
      And its original and its new settings are known
      When its settings are read between any two steps of a reload of valid and invalid changes together
      Then every reading shows the original settings

    @async-only @at-each-place
    Scenario: Read while a reload is cancelled
      Given a fresh module
      And its original and its new settings are known
      When its settings are read between any two steps of a reload that is cancelled at each place where it waits
      Then every reading shows the original or the new settings

  @RLD-015 @must @since-1.0 @after-RLD-008
  Rule: The changes handed in are left as they were, and altering them afterwards does not reach the module
    One change set is handed to many modules. A module that sorts, empties or completes it changes what the next one gets;
    one that keeps a reference changes its settings when somebody else tidies up.

    Scenario: Changes of a successful reload
      Given a fresh module
      When the changes are reloaded
      Then the changes handed in are what they were

    @needs-invalid_changes
    Scenario: Changes of a refused reload
      Given a fresh module
      When the invalid changes are reloaded
      Then the changes handed in are what they were

    @needs-snapshot
    Scenario: Changes altered after the reload
      Given a fresh module
      And the changes have been reloaded
      And its settings are noted
      When the changes handed in are altered
      And everything has settled
      Then its settings are what they were

  @RLD-016 @must @since-1.0 @after-RLD-008
  Rule: A reload leaves no task, thread, timer or forgotten coroutine behind
    What a reload leaves behind it leaves behind with every reload. A module that is reloaded every minute and keeps one task
    each time is a slow leak by the week; one that keeps a timer acts on settings that are long gone.

    Scenario: Nothing is left after a successful reload
      Given a fresh module, with what is running noted
      When the changes are reloaded
      Then nothing more is running than before

    @needs-invalid_changes
    Scenario: Nothing is left after a refused reload
      Given a fresh module, with what is running noted
      When the invalid changes are reloaded
      Then nothing more is running than before

    @async-only @at-each-place
    Scenario: Nothing is left after a cancelled reload
      Given a fresh module, with what is running noted
      When the reload is cancelled at each place where it waits
      Then nothing more is running than before

  @RLD-017 @should @since-1.0 @after-RLD-008
  Rule: An async reload does not block its event loop for 100 milliseconds or more
    While the loop is blocked no other request of the process is served, no timeout fires and no health check answers.

    @async-only
    Scenario: The loop goes on turning
      Given a fresh module
      When the changes are reloaded while the event loop is watched
      Then the event loop was never blocked for 100 milliseconds

  @RLD-018 @should @since-1.0 @after-RLD-008
  Rule: A change to a setting that the module does not know is ignored or refused, and does not disturb the known ones
    Change sets travel through systems of different versions. A newer sender must not be able to break an older module by
    naming a setting that it has never heard of.

    Scenario: An unknown setting
      Given a fresh module
      When an unknown setting is reloaded
      Then the unknown setting is ignored or refused

    @needs-snapshot
    Scenario: An unknown setting disturbs nothing
      Given a fresh module
      And its settings are noted
      When an unknown setting is reloaded
      And everything has settled
      Then its known settings are what they were

    @needs-snapshot
    Scenario: An unknown setting beside known ones
      Given a fresh module
      And its original and its new settings are known
      When the changes and an unknown setting are reloaded together
      And everything has settled
      Then its known settings are the new ones, or the original ones if it was refused

  @RLD-019 @must @since-1.0 @needs-secrets @needs-invalid_changes @after-RLD-008
  Rule: Secret values appear in no error text, no log record and not in the text form of the module
    Errors and logs are copied into tickets, chats and search indexes. A secret that reached one of them has to be replaced
    everywhere.

    Scenario: Secrets in a successful reload
      Given a fresh module
      And the log is recorded at every level
      When the changes are reloaded
      Then no secret appears in an error, in the log or in the text form of the module

    Scenario: Secrets in a refused reload
      Given a fresh module
      And the log is recorded at every level
      When the invalid changes are reloaded
      Then no secret appears in an error, in the log or in the text form of the module

  @RLD-020 @should @since-1.0 @needs-snapshot @after-RLD-008
  Rule: The order of unrelated changes does not matter
    Change sets come out of dictionaries, merges and retries. Two changes that have nothing to do with each other must not
    depend on which is named first.

    Scenario: Other orders
      Given a fresh module
      When the changes are reloaded in other orders by other fresh modules
      Then the settings are the same in every order
