@contract-ReloadOrchestrator @version-1.0
Feature: ReloadOrchestrator
  What reloads many modules as one: all of them get the new settings or none does, and whoever asked is told which.

  @ORC-001 @must @since-1.0
  Rule: Every registered module that can reload gets every change that concerns it, once, and in a repeatable order
    A module that was left out works with the old settings beside others with the new ones, and nobody looks for it. Modules
    that are reloaded in another order each time show another mistake each time.

    Scenario: Changes for every module
      Given an orchestrator with three modules
      When changes of every kind are requested for every module
      Then the reload is completed
      And each module got every change that concerns it, once
      And the outcome names the modules that changes concern as applied
      And each module has the new settings

    Scenario: Changes for one of the modules
      Given an orchestrator with three modules
      When changes of every kind are requested for one of the modules
      Then the reload is completed
      And each module got every change that concerns it, once
      And the outcome names the modules that changes concern as applied
      And each module has the new settings

    Scenario: Modules whose names begin alike
      Given an orchestrator with modules whose names begin alike
      When changes of every kind are requested for every module
      Then the reload is completed
      And each module got every change that concerns it, once
      And each module has the new settings

    Scenario: A module that reloads without waiting
      Given an orchestrator with a module between two others whose reload is a plain function
      When changes of every kind are requested for every module
      Then the reload is completed
      And each module got every change that concerns it, once
      And each module has the new settings

    Scenario: The same modules again and again
      Given two orchestrators with the same modules
      When each of them reloads the modules three times
      Then the modules were reloaded in the same order every time

  @ORC-002 @must @since-1.0
  Rule: A module that says it cannot reload is skipped and the others are reloaded, and one that fails to answer has failed
    A module in the middle of something says no, and means not now. To wait for it would keep the others from their settings;
    to reload it all the same would break what it is doing.

    Scenario: A module says no
      Given an orchestrator with three modules
      When changes are requested while one of the modules says that it cannot reload
      Then the reload is completed
      And the outcome names that module as skipped
      And that module was not reloaded
      And the other modules have the new settings

    Scenario: It is asked anew each time
      Given an orchestrator with three modules
      When changes are requested while one of the modules says that it cannot reload
      And changes for every module are requested
      Then the reload is completed
      And each module has the new settings

    Scenario: A module raises instead of answering
      Given an orchestrator with three modules
      When changes are requested while one of the modules raises when it is asked whether it can reload
      Then the reload has failed
      And the outcome names that module as failed
      And each module has the settings that it had

  @ORC-003 @must @since-1.0
  Rule: An empty set of changes calls no module, and publishes one noop event and no started event
    Watchers ask for a reload whenever a file was touched. What changes nothing must cost nothing, and must not look like
    a change to whoever reads the events.

    Scenario: No changes
      Given an orchestrator with three modules
      When a reload without changes is requested
      Then the outcome is noop
      And no module was called
      And one noop event is published, and nothing else

    Scenario: No changes, between others
      Given an orchestrator with three modules
      When a reload without changes is requested between two with changes
      Then the outcome is noop
      And one noop event is published, and no started event belongs to it

  @ORC-004 @must @since-1.0
  Rule: When a module fails, those reloaded before are rolled back in reverse order, and it is asked to restore itself or listed as dirty
    Half of the modules with new settings is a configuration that nobody has written and nobody has tested. The module that
    failed is the one most likely to be half-way.

    Scenario Outline: The <which> module <fails>
      Given an orchestrator with four modules that have been reloaded before
      When changes are requested of which the <which> module <fails>
      Then the reload has failed
      And the outcome names that module as failed
      And the modules reloaded before it were rolled back, each once and in reverse order
      And the failing module was asked to restore itself, or is listed as dirty
      And each module that is not dirty has the settings that it had

      Examples:
        | which  | fails                           |
        | last   | fails before it has its changes |
        | last   | fails with half of its changes  |
        | last   | fails with all of its changes   |
        | third  | fails with half of its changes  |
        | first  | fails with half of its changes  |

  @ORC-005 @must @since-1.0
  Rule: A rollback runs to its end, with time of its own, also when the request was cancelled or ran out of time
    Whoever gives up is not there to see what is left behind. A rollback that dies with the request leaves the mixture that
    it was made to prevent.

    @at-each-place
    Scenario: The request is cancelled
      Given an orchestrator with three modules
      When changes are requested, and the request is cancelled at each place where it waits
      Then the caller sees the cancellation
      And all modules have the settings that they had, or all have the new ones
      And the events tell how it ended
      And the orchestrator serves the next request

    Scenario Outline: While the last module hangs the caller <how>
      Given an orchestrator with modules that take three seconds and have been reloaded before
      When changes are requested, and while the last module hangs the caller <how>
      Then the caller sees the cancellation
      And each module is back, apart from one that is dirty because it failed
      And the events tell of the rollback
      And the orchestrator serves the next request

      Examples:
        | how                                     |
        | is cancelled                            |
        | cancels the answer                      |
        | has a deadline of its own               |
        | is cancelled, and cancelled again later |

    Scenario: A module runs out of time
      Given an orchestrator with modules that take three of their four seconds and have been reloaded before
      When changes are requested of which the last module takes too long
      Then the reload has failed
      And each module is back, apart from one that is dirty because it failed

    Scenario: The orchestrator is stopped
      Given an orchestrator with three modules that have been reloaded before
      When changes are requested, and while the last module hangs the orchestrator is stopped
      Then each module is back, apart from one that is dirty because it failed

  @ORC-006 @must @since-1.0
  Rule: A rollback that fails does not stop the rest; outcome and event say complete, partial or failed, and which modules
    Somebody has to mend by hand what could not be rolled back. That it is not all, and which modules it is, is all that
    they have to go by.

    Scenario: Every module is back
      Given an orchestrator with four modules that have been reloaded before
      When changes are requested of which the last module fails before it has its changes
      Then the rollback is told as complete, with the modules that are back

    Scenario Outline: A module <fails> when it is rolled back
      Given an orchestrator with four modules that have been reloaded before
      When changes are requested, the last module fails, and one of the others <fails> when it is rolled back
      Then the rest of the modules are back all the same
      And the rollback is told as partial, with the modules that are back and those that are not

      Examples:
        | fails    |
        | raises   |
        | panics   |
        | hangs    |

    Scenario: No module can be rolled back
      Given an orchestrator with four modules that have been reloaded before
      When changes are requested, the last module fails, and none of them can be rolled back
      Then the rollback is told as failed, with the modules that are not back

    Scenario: Nothing had to be rolled back
      Given an orchestrator with three modules
      When changes for every module are requested
      Then the rollback is told as none

  @ORC-007 @must @since-1.0
  Rule: A module that panics counts as failed, and the orchestrator serves the next request
    A module is somebody else's code. What it raises when it should not must not take down what serves all the others, and
    must not pass for success either.

    Scenario Outline: <what> in <where>
      Given an orchestrator with three modules that have been reloaded before
      When changes are requested, and the last module raises <what> in <where>
      Then the reload has failed
      And the outcome names that module as failed
      And the orchestrator serves the next request

      Examples:
        | what                        | where          |
        | a BaseException of its own  | reload         |
        | SystemExit                  | reload         |
        | GeneratorExit               | reload         |
        | CancelledError              | reload         |
        | RecursionError              | reload         |
        | a BaseException of its own  | can_reload     |
        | RuntimeError                | reload_timeout |

    Scenario: Panics open the circuit like other failures
      Given an orchestrator with three modules that have been reloaded before
      When the last module panics in three requests
      Then the circuit is open, and refuses the next request

  @ORC-008 @must @since-1.0
  Rule: Each module has its own reload timeout, and one that is not above zero means the default
    One module warms a cache for a minute, another sets a flag. One limit for both is too long or too short.

    Scenario Outline: A module with a timeout of <timeout> hangs
      Given an orchestrator with three modules that have been reloaded before
      When changes are requested, and the last module hangs with a timeout of <timeout>
      Then the reload has failed
      And that module was cut off after <limit> seconds

      Examples:
        | timeout              | limit |
        | 2 seconds            | 2     |
        | 90 seconds           | 90    |
        | 0 seconds            | 30    |
        | -5 seconds           | 30    |
        | 7 seconds, as method | 7     |

    Scenario: Each has time enough
      Given an orchestrator with modules that take most of their different timeouts
      When changes for every module are requested
      Then the reload is completed
      And each module has the new settings

    Scenario: The default is configured
      Given an orchestrator with a default timeout of 4 seconds
      When changes are requested, and the last module hangs with a timeout of 0 seconds
      Then the reload has failed
      And that module was cut off after 4 seconds

  @ORC-009 @must @since-1.0
  Rule: A module that ignores its cancellation is abandoned after its timeout and the grace, quarantined and reported
    A module that cannot be stopped must not stop everybody else. It is left alone from then on, because nobody knows what
    it is doing, until somebody registers a new one in its place.

    Scenario: The request ends without it
      Given an orchestrator with three modules that have been reloaded before
      When changes are requested, and the last module ignores its cancellation
      Then the reload has failed after the timeout and the grace
      And the outcome and the failed event name that module as quarantined
      And the other modules have the settings that they had

    Scenario: It is skipped from then on
      Given an orchestrator with three modules that have been reloaded before
      When changes are requested, and the last module ignores its cancellation
      And changes for every module are requested
      Then the reload is completed
      And the outcome names that module as skipped
      And that module was not reloaded
      And the other modules have the new settings

    Scenario: A new one is registered in its place
      Given an orchestrator with three modules that have been reloaded before
      When changes are requested, and the last module ignores its cancellation
      And that module is registered anew
      And changes for every module are requested
      Then the reload is completed
      And each module has the new settings

    Scenario: The requests behind it are served
      Given an orchestrator with three modules that have been reloaded before
      When changes are requested, with two more behind, and the last module ignores its cancellation
      Then the requests behind are completed within the timeout and the grace

    Scenario: A module that ends within the grace is not abandoned
      Given an orchestrator with three modules that have been reloaded before
      When changes are requested, and the last module takes three seconds to end when it is cancelled
      Then the reload has failed
      And no module is quarantined
      And the next reload reaches every module

    Scenario: It ends later after all
      Given an orchestrator with three modules that have been reloaded before
      When changes are requested, and the last module ignores its cancellation
      And it ends an hour later
      Then nothing more is published, and the orchestrator serves the next request

  @ORC-010 @must @since-1.0 @every-interleaving
  Rule: One reload at a time, and first come, first served
    Two reloads at once hand each module its own mixture of both. Who comes later wants the later settings to stay.

    @crowd
    Scenario: Answers that are awaited in another order
      Given an orchestrator with two modules
      When five requests are made one after the other, and their answers awaited the last one first
      Then one request was served at a time, in the order of the calls

    Scenario: Several callers at once
      Given an orchestrator with two modules
      When several callers request reloads at the same time
      Then one request was served at a time, in the order of the calls

    @crowd
    Scenario: Several callers at once, and reloads that fail
      Given an orchestrator with two modules
      When several callers request reloads at the same time, and some of the reloads fail
      Then one request was served at a time, in the order of the calls

    @crowd
    Scenario: Requests before the start
      Given an orchestrator with two modules that has not been started
      When three requests are made, and the orchestrator is started
      Then one request was served at a time, in the order of the calls
      And each of the requests is completed

  @ORC-011 @must @since-1.0 @every-interleaving
  Rule: Every accepted request ends in exactly one outcome, whatever happens to the others
    Whoever gets no answer waits for ever, or asks again and has it done twice.

    Scenario: A stop in between
      Given an orchestrator with two modules
      When several callers request reloads at the same time, and somebody stops the orchestrator
      Then every accepted request has exactly one outcome, and it is true

    @crowd
    Scenario: Reloads that fail
      Given an orchestrator with two modules
      When several callers request reloads at the same time, and some of the reloads fail
      Then every accepted request has exactly one outcome, and it is true

    @crowd
    Scenario: Callers that give up
      Given an orchestrator with two modules
      When several callers request reloads at the same time, and some of them give up
      Then every accepted request has exactly one outcome, and it is true

    @crowd
    Scenario: A stop without a start
      Given an orchestrator with two modules that has not been started
      When three requests are made, and the orchestrator is stopped
      Then every accepted request has exactly one outcome, and it is true

  @ORC-012 @must @since-1.0
  Rule: A full queue, a stopped orchestrator and an open circuit refuse at once, each with its own error
    Whoever is refused has to know what to do: wait a little, go elsewhere, or call somebody.

    Scenario: A full queue
      Given an orchestrator with room for two requests that has not been started
      When three requests are made
      Then only the last one is refused, at once and because the queue is full

    Scenario: A full queue beside a reload that runs
      Given an orchestrator with room for two requests
      When three requests are made while a reload runs
      Then only the last one is refused, at once and because the queue is full
      And there is room again when the reloads are done

    Scenario: A stopped orchestrator
      Given an orchestrator with three modules
      When the orchestrator is stopped, and a reload is requested
      Then the request is refused at once, because the orchestrator is stopped

    Scenario: An open circuit
      Given an orchestrator with three modules
      When the circuit is opened by failures, and a reload is requested
      Then the request is refused at once, because the circuit is open

    Scenario: Requests that wait when the circuit opens
      Given an orchestrator with three modules
      When six requests are made of which the first three fail
      Then the requests behind have failed because the circuit is open, and reached no module

  @ORC-013 @must @since-1.0
  Rule: Stopping is idempotent and safe from several callers; what runs ends within the grace, what waits ends as stopped
    A process that is told to end is killed when it does not. What stops twice, hangs, or starts twice is what people find in
    the log of a deployment that went wrong.

    Scenario: Stopped twice
      Given an orchestrator with three modules
      When the orchestrator is stopped twice
      Then each of the stops returned within the grace

    Scenario: Stopped before it was started
      Given an orchestrator with two modules that has not been started
      When the orchestrator is stopped twice
      Then each of the stops returned within the grace

    Scenario: Stopped by three callers while a reload runs and others wait
      Given an orchestrator with three modules that have been reloaded before
      When three callers stop the orchestrator while the last module hangs and two requests wait
      Then each of the stops returned within the grace
      And no module is being reloaded any more
      And the requests that waited have ended as stopped

    Scenario: Stopped while a module ignores its cancellation
      Given an orchestrator with three modules that have been reloaded before
      When the orchestrator is stopped while the last module ignores its cancellation
      Then each of the stops returned within twice the grace

    Scenario: Started twice
      Given an orchestrator with two modules
      When the orchestrator is started again, and five requests are made
      Then each of the requests is served once, and one at a time

    Scenario: Started by two callers
      Given an orchestrator with two modules that has not been started
      When two callers start the orchestrator, and five requests are made
      Then each of the requests is served once, and one at a time

  @ORC-014 @must @since-1.0
  Rule: The circuit opens after exactly as many failures in a row as configured, for a period that doubles with each failed probe
    Too early, and one hiccup keeps everybody out; too late, and a broken system is hammered. The periods are what the
    people on call count on.

    Scenario Outline: A threshold of <threshold>
      Given an orchestrator whose circuit opens after <threshold> failures
      When reloads fail one after the other
      Then exactly <threshold> of them were accepted, and the next one is refused

      Examples:
        | threshold |
        | 1         |
        | 3         |
        | 5         |

    Scenario: The first open period, and those after it
      Given an orchestrator whose circuit opens after 3 failures
      When the circuit is opened, and every probe fails
      Then the open periods are 2, 4, 8, 16, 32, 64, 120 and 120 seconds

    Scenario: Other periods
      Given an orchestrator whose circuit opens after 2 failures, for 5 seconds at first and 12 at most
      When the circuit is opened, and every probe fails
      Then the open periods are 5, 10, 12 and 12 seconds

    Scenario: A completed reload begins the count anew
      Given an orchestrator whose circuit opens after 3 failures
      When reloads end as failed, failed, completed, failed, failed
      Then the next request is accepted

    Scenario Outline: <other> requests in between <do what>
      Given an orchestrator whose circuit opens after 3 failures
      When reloads end as <sequence>
      Then the next request is <decision>

      Examples:
        | other     | do what   | sequence                             | decision |
        | noop      | count not | failed, failed, noop, noop           | accepted |
        | noop      | reset not | failed, failed, noop, failed         | refused  |
        | cancelled | count not | failed, failed, cancelled, cancelled | accepted |
        | cancelled | reset not | failed, failed, cancelled, failed    | refused  |

    Scenario: After a probe that succeeded everything begins anew
      Given an orchestrator whose circuit opens after 3 failures
      When the circuit is opened, two probes fail and the third succeeds
      Then the circuit opens after 3 failures again, for 2 seconds at first

  @ORC-015 @must @since-1.0 @every-interleaving
  Rule: When the period ends exactly one request is let through as a probe, and its end decides
    A system that comes back needs one caller to find out, not all those who waited for it.

    Scenario: Several callers when the period has ended
      Given an orchestrator with one module whose circuit has opened, and the period is over
      When several callers request reloads at the same time
      Then only the first to arrive was let through until it had ended, and then everybody

    @crowd
    Scenario: The probe fails
      Given an orchestrator with one module whose circuit has opened, and the period is over
      When several callers request reloads at the same time, and the probe fails
      Then only the first to arrive was let through, and the circuit is open again

    @crowd
    Scenario Outline: The probe is <abandoned>
      Given an orchestrator with one module whose circuit has opened, and the period is over
      When a probe is <abandoned>, and several callers request reloads after it
      Then only the first to arrive was let through until it had ended, and then everybody

      Examples:
        | abandoned                   |
        | cancelled while it runs     |
        | cancelled at once           |
        | a request without changes   |

  @ORC-016 @must @since-1.0
  Rule: That a caller gives up, or sets itself a deadline, is no failure of the system
    Three impatient callers must not be able to lock everybody else out.

    Scenario Outline: Callers <give up> one after the other
      Given an orchestrator with three modules
      When five callers <give up>, one after the other
      Then the next request is accepted
      And it is completed

      Examples:
        | give up                                        |
        | are cancelled while their reloads run          |
        | reach deadlines of their own                   |
        | are cancelled while their requests wait        |

  @ORC-017 @must @since-1.0
  Rule: Started is followed by exactly one of completed and failed; events are valid, unique and tell which request they belong to
    Dashboards and alarms are made of these events. A reload that never ends in them is a pager that never stops.

    Scenario Outline: A request that is <ended>
      Given an orchestrator with three modules that have been reloaded before
      When a request is <ended>
      Then each started event is followed by exactly one that tells the end
      And every event is valid, has an id of its own and the correlation id of its request
      And the events are <events>

      Examples:
        | ended                          | events            |
        | completed                      | started completed |
        | failed                         | started failed    |
        | without changes                | noop              |
        | cancelled while it runs        | started failed    |
        | failed by a panic              | started failed    |
        | failed by a deaf module        | started failed    |
        | stopped while it runs          | started failed    |
        | completed without any waiting  | started completed |

    Scenario: Many requests, one after the other and at once
      Given an orchestrator with three modules that have been reloaded before
      When requests of every kind are made
      Then each started event is followed by exactly one that tells the end
      And every event is valid, has an id of its own and the correlation id of its request

    Scenario: A publisher that returns an awaitable
      Given an orchestrator with three modules, and a publisher that returns an awaitable
      When requests of every kind are made
      Then each started event is followed by exactly one that tells the end
      And every event is valid, has an id of its own and the correlation id of its request

  @ORC-018 @must @since-1.0
  Rule: A publisher that raises or is slow changes no outcome
    Whether somebody hears of it must not decide whether the settings are changed.

    Scenario Outline: A publisher that <fault>
      Given an orchestrator with three modules, and a publisher that <fault>
      When requests are made of which one is completed, one fails, one has no changes and one is completed again
      Then each of them ended as it does with a publisher in order

      Examples:
        | fault                            |
        | raises                           |
        | returns an awaitable that raises |
        | returns an awaitable that takes 60 seconds |

  @ORC-019 @must @since-1.0
  Rule: Sensitive values are redacted in events, logs and outcomes
    A password that was changed because it had leaked must not leak by being changed.

    Scenario Outline: A reload with secrets that <ends>
      Given an orchestrator with three modules, and the log recorded at every level
      When changes with secrets are requested, and the reload <ends>
      Then no secret appears in an event, in the log or in the outcome

      Examples:
        | ends                                           |
        | is completed                                   |
        | fails with an error that quotes them           |
        | fails and so does the rollback, quoting them   |

  @ORC-020 @must @since-1.0 @every-interleaving
  Rule: Modules may be registered while a reload runs and join the next one, and a duplicate name is refused with ValueError
    Plugins are loaded when they are needed, and reloads come when they come. The one that meets the other must not break it.

    @crowd
    Scenario: Registered while a reload runs
      Given an orchestrator with two modules
      When a module is registered by another caller while a reload runs
      Then that reload is completed without it
      And the next reload reaches every module

    @crowd
    Scenario: A name that is taken
      Given an orchestrator with two modules
      When modules are registered under names that are taken, before and while a reload runs
      Then each of them is refused with ValueError
      And the next reload reaches every module

    @crowd
    Scenario: Two callers register the same new name
      Given an orchestrator with two modules
      When two callers register modules under one new name
      Then one of them is refused with ValueError
      And the next reload reaches every module

  @ORC-021 @must @since-1.0
  Rule: What one module does to its changes does not reach the next; a rollback removes what was added and keeps types
    What is handed over is used: sorted, popped, filled with defaults. A rollback that turns a missing setting into the text
    "None" is worse than none.

    Scenario: Modules that alter their changes
      Given an orchestrator with modules that alter what they are handed
      When changes with nested values that concern several of them are requested
      Then the reload is completed
      And each module was handed the changes as they were requested
      And each module has the new settings
      And the changes that were requested are as they were

    Scenario: A rollback after modules have altered their changes
      Given an orchestrator with modules that alter what they are handed
      When changes with nested values that concern several of them are requested, and the last of them fails
      Then each module that is not dirty has the settings that it had

    Scenario: Values of every type
      Given an orchestrator with three modules that have been reloaded before
      When settings of every type are added, changed and removed
      Then the reload is completed
      And each module has the new settings

    Scenario: Values of every type are rolled back
      Given an orchestrator with three modules that have been reloaded before
      When settings of every type are added, changed and removed, and the last module fails
      Then each module that is not dirty has the settings that it had

  @ORC-022 @must @since-1.0 @every-interleaving
  Rule: After a burst every module that is neither dirty nor quarantined has the settings of the last completed reload
    One lost update in a thousand is one module, some day, with settings that everybody believes were replaced long ago.

    @crowd
    Scenario: A few requests at once
      Given an orchestrator with modules that fail, hang and refuse at times
      When several callers make 12 requests at the same time
      Then every request ended as the model says, and every module has the settings of the last completed one

    @burst
    Scenario: A burst of 1,000 requests
      Given an orchestrator with modules that fail, hang and refuse at times
      When several callers make 1000 requests at the same time
      Then every request ended as the model says, and every module has the settings of the last completed one
