@contract-HealthAggregator @version-1.0
Feature: HealthAggregator
  What makes one answer of many reports: whole, quick, and the same for everybody who asks.

  @AGG-001 @must @since-1.0
  Rule: Health is the worst status of all reports, readiness the worst of those that are not optional, and with none to count each is healthy
    Traffic is sent by one word and people are woken by the other. One report that does not count where it should, or does
    where it should not, sends traffic into a wall or takes a good instance out of service.

    Scenario: Nothing to report
      Given an aggregator
      When it is asked
      Then health and readiness are healthy, and nothing is reported

    Scenario: Every combination of two
      When aggregators are asked about every combination of two providers that are required, optional or say so themselves
      Then health and readiness were the worst of what counts each time

    Scenario: Several reports of one provider, and none of another
      Given an aggregator
      And a provider with a healthy, a degraded and a healthy report
      And a provider with no reports
      When it is asked
      Then every report is in the answer as its provider gave it
      And health and readiness are degraded

    Scenario: Statuses in other words
      Given an aggregator
      And providers whose statuses are words in any case, or of a type of their own
      When it is asked
      Then every report is in the answer as its provider gave it
      And health and readiness are degraded

    Scenario: Providers that are not coroutine functions
      Given an aggregator
      And a provider that is not awaited, and one that returns an awaitable
      When it is asked
      Then every report is in the answer as its provider gave it
      And health and readiness are degraded

    Scenario: A provider is removed
      Given an aggregator with three healthy providers
      And an unhealthy provider that was removed again
      When it is asked
      Then each of the three is reported healthy, and nothing else
      And health and readiness are healthy

    Scenario: A name that is taken
      Given an aggregator with three healthy providers
      When another provider is added under a name that is taken
      Then that is refused with ValueError
      When it is asked
      Then each of the three is reported healthy, and nothing else

    Scenario: A name that nobody has
      Given an aggregator with three healthy providers
      When a provider is removed under a name that nobody has
      Then that is refused with KeyError
      When it is asked
      Then each of the three is reported healthy, and nothing else

  @AGG-002 @must @since-1.0
  Rule: Unknown counts as unhealthy, and the aggregate is never unknown
    Programs that route traffic know yes and no. "I do not know" is left to chance there, and a component that cannot say how
    it is has no claim to be trusted.

    Scenario: Unknown alone and among others
      When aggregators are asked about a provider that does not know how it is, alone and beside others
      Then health was unhealthy each time, and readiness where it counts

    Scenario: Nothing to report is not unknown
      Given an aggregator
      When it is asked
      Then neither health nor readiness is unknown

  @AGG-003 @must @since-1.0
  Rule: A provider that panics yields one unhealthy report with its name as module, and the others still report
    The answer is needed most when something is broken. One provider's bug must not take the news of all the others with it,
    nor the process.

    Scenario Outline: A provider that <panics>
      Given an aggregator with three healthy providers
      And a provider among them that <panics>
      When it is asked
      Then it answers all the same
      And there is one unhealthy report with the name of that provider as module
      And each of the others is reported healthy

      Examples:
        | panics                                              |
        | raises                                              |
        | raises before there is anything to await            |
        | fails an assertion                                  |
        | ends as cancelled, although nobody has cancelled it |
        | tries to exit the process                           |

    Scenario: It is asked again after a panic
      Given an aggregator with three healthy providers
      And a provider among them that raises
      When it is asked
      And it is asked again after a minute
      Then it answers all the same
      And there is one unhealthy report with the name of that provider as module
      And each of the others is reported healthy

  @AGG-004 @must @since-1.0
  Rule: A temporary error yields degraded, any other error unhealthy
    A retry that will work in a second should not take an instance out of service, and a missing table should. The error knows
    which of both it is, also when somebody has wrapped it.

    Scenario: Temporary errors
      Given an aggregator
      When it is asked about providers that raise each kind of temporary error
      Then each of them is reported degraded

    Scenario: Other errors
      Given an aggregator
      When it is asked about providers that raise each kind of other error
      Then each of them is reported unhealthy

  @AGG-005 @must @since-1.0
  Rule: A provider that hangs is cut off after the provider timeout and reported unhealthy, and the others' reports are kept
    A dependency that does not answer is the commonest way to be broken. An answer that waits for it comes after everybody has
    given up, and one that throws the rest away tells nothing.

    Scenario Outline: A provider that <hangs>
      Given an aggregator with three healthy providers
      And a provider among them that <hangs>
      When it is asked
      Then it answers within the provider timeout
      And that provider is reported unhealthy
      And each of the others is reported healthy

      Examples:
        | hangs                                    |
        | hangs                                    |
        | hangs, and ends late when it is cut off  |
        | hangs, and goes on when it is cut off    |

    Scenario: It is asked again while the provider hangs
      Given an aggregator with three healthy providers
      And a provider among them that hangs
      When it is asked
      And it is asked again after a minute
      Then it answers within the provider timeout
      And that provider is reported unhealthy
      And each of the others is reported healthy

    Scenario: Another timeout
      Given an aggregator with a provider timeout of 1 second, and three healthy providers
      And a provider among them that hangs
      When it is asked
      Then it answers within the provider timeout
      And that provider is reported unhealthy
      And each of the others is reported healthy

    Scenario: A slow provider is not cut off
      Given an aggregator with three healthy providers
      And a provider among them that takes 4.9 seconds
      When it is asked
      Then it answers within the provider timeout
      And the provider that took its time is reported healthy

  @AGG-006 @must @since-1.0
  Rule: What is optional stays optional, also when the provider errs, panics or hangs
    Optional means: traffic can do without it. Where that is forgotten the moment something goes wrong, it was of use only
    while nobody needed it.

    Scenario Outline: An optional provider that <fails>
      Given an aggregator with three healthy providers
      And an optional provider that <fails>
      When it is asked
      Then the report about it is optional
      And readiness is healthy

      Examples:
        | fails                                               |
        | raises                                              |
        | raises a temporary error                            |
        | ends as cancelled, although nobody has cancelled it |
        | hangs                                               |

    Scenario: A report that says so
      Given an aggregator with three healthy providers
      And a required provider whose report is unhealthy and says that it is optional
      When it is asked
      Then the report about it is optional
      And readiness is healthy

    Scenario: A report that does not say so
      Given an aggregator with three healthy providers
      And an optional provider whose report is unhealthy and does not say that it is optional
      When it is asked
      Then the report about it is optional
      And readiness is healthy

    Scenario: A report that said so
      Given an aggregator with three healthy providers
      And a required provider whose reports say that they are optional, and that raises from the second time on
      When it is asked
      And it is asked again after a minute
      Then the report about it is optional
      And readiness is healthy

  @AGG-007 @must @since-1.0
  Rule: Providers are checked concurrently: the answer takes as long as the slowest, not as their sum
    Ten checks of half a second are five seconds one after the other, and probes give up after one.

    Scenario: Several slow providers
      Given an aggregator with providers that take 1, 1.5, 0.5, 2 and 1 seconds
      When it is asked
      Then it answers after 2 seconds

    Scenario: Slow providers that fail
      Given an aggregator with providers that take 1, 1.5, 0.5, 2 and 1 seconds, and of which every second one then raises
      When it is asked
      Then it answers after 2 seconds

  @AGG-008 @must @since-1.0
  Rule: For less than the cache TTL the answer is cached, at exactly the TTL it has expired, and a forced refresh evaluates anew
    Probes, dashboards and load balancers ask every second or so, each of them. The dependencies behind must not feel how many
    there are, and nobody must be told old news for longer than agreed.

    Scenario: Just before the answer expires
      Given an aggregator with a provider that is healthy once and then unhealthy
      When it is asked
      And it is asked again just before the answer expires
      Then the answer is the one from before

    Scenario: At the moment when the answer expires
      Given an aggregator with a provider that is healthy once and then unhealthy
      When it is asked
      And it is asked again at the moment when the answer expires
      Then the answer is a new one

    Scenario: Asked in between
      Given an aggregator with a provider that is healthy once and then unhealthy
      When it is asked
      And it is asked again just before the answer expires
      And it is asked again a moment later
      Then the answer is a new one

    Scenario Outline: A TTL of 2 seconds, <when>
      Given an aggregator with a cache TTL of 2 seconds, and a provider that is healthy once and then unhealthy
      When it is asked
      And it is asked again <when>
      Then the answer is <which>

      Examples:
        | when                                   | which               |
        | just before the answer expires         | the one from before |
        | at the moment when the answer expires  | a new one           |

    Scenario: A forced refresh
      Given an aggregator with a provider that is healthy once and then unhealthy
      When it is asked
      And a refresh is forced at once
      Then the answer is a new one
      When it is asked again at once
      Then the answer is the new one still

    Scenario: Bad news is cached as well
      Given an aggregator with a provider that raises once and is then healthy
      When it is asked
      And it is asked again just before the answer expires
      Then the answer is the one from before

  @AGG-009 @must @since-1.0 @every-interleaving
  Rule: A burst of callers causes one evaluation, a forced caller joins only one that began after its call, and one caller's cancellation does not harm the others
    When something goes wrong everybody asks at once. Evaluations that multiply then bring down what was only slow, and an
    answer from before the call is no answer to "and now?".

    Scenario: Callers at once
      Given an aggregator with a provider that takes a second
      When three callers ask at the same time
      Then no evaluation was made that nobody needed
      And each of them got a whole answer

    Scenario: Forced callers among others
      Given an aggregator with a provider that takes a second
      When three callers ask at the same time, of which two force a refresh
      Then each of those got the answer of an evaluation that began after its call
      And no evaluation was made that nobody needed
      And each of them got a whole answer

    @at-each-place
    Scenario: One caller is cancelled
      Given an aggregator with a provider that takes a second
      When three callers ask at the same time, and the first is cancelled at each place where it waits
      Then each of the others got a whole answer

    @crowd
    Scenario: A crowd of callers
      Given an aggregator with a provider that takes a second
      When 40 callers ask at the same time, of which 10 force a refresh
      Then each of those got the answer of an evaluation that began after its call
      And no evaluation was made that nobody needed
      And each of them got a whole answer

  @AGG-010 @must @since-1.0 @every-interleaving
  Rule: A slow older evaluation never replaces a newer answer, and adding or removing a provider invalidates what is under way: its callers get a new evaluation
    A check that was stuck for a while comes back with news from before. Where it wins, the service is well again, or ill again,
    for as long as the cache lasts, and nobody can tell why.

    Scenario: An older evaluation ends after a newer one
      Given an aggregator with a provider whose first answer takes 2 seconds and the others none
      When it is asked, a refresh is forced while that is under way, and it is asked again twice
      Then nobody got an older answer than one that had been given before

    Scenario: A provider is added meanwhile
      Given an aggregator with a provider that takes a second
      When it is asked by several callers while a provider is added
      Then every answer has the providers that were there during the whole of its evaluation

    Scenario: A provider is removed meanwhile
      Given an aggregator with a provider that takes a second
      And another provider that takes a second
      When it is asked by several callers while that one is removed
      Then every answer has the providers that were there during the whole of its evaluation

  @AGG-011 @must @since-1.0
  Rule: Answers are independent copies
    Whoever gets an answer sorts it, filters it and adds to it. Two callers that share one list, or one details mapping, rewrite
    each other's news.

    Scenario: Two callers at once
      Given an aggregator with a provider that keeps its reports
      When two callers ask at the same time, and one of them alters its answer
      Then the answer of the other one is what it was

    Scenario: An answer altered, and a cached one
      Given an aggregator with a provider that keeps its reports
      When it is asked, the answer is altered, and it is asked again at once
      Then the new answer shows nothing of the alteration

    Scenario: An answer altered, and a later evaluation
      Given an aggregator with a provider that keeps its reports
      When it is asked, the answer is altered, and a refresh is forced
      Then the new answer shows nothing of the alteration

    Scenario: The provider alters what it has reported
      Given an aggregator with a provider that keeps its reports
      When it is asked, and the provider alters what it has reported
      Then the answer is what it was

  @AGG-012 @must @since-1.0
  Rule: Each evaluation publishes an evaluated event, and a changed event exactly when health or readiness differs from the previous evaluation, never inverted
    People are woken by the change. One that is missing lets them sleep, one too many wakes them for nothing, and an inverted
    one tells them that all is well while it is not.

    Scenario: Statuses change
      Given an aggregator with a required and an optional provider whose statuses change
      When a refresh is forced once for each of their statuses
      Then each evaluation published one evaluated event
      And a changed event was published exactly where health or readiness changed

    Scenario: No event for a cached answer
      Given an aggregator with three healthy providers
      When it is asked
      And it is asked again just before the answer expires
      Then each evaluation published one evaluated event

    Scenario: One event for callers at once
      Given an aggregator with a provider that takes a second
      When three callers ask in the same evaluation
      Then each evaluation published one evaluated event

    Scenario: A publisher that returns an awaitable
      Given an aggregator with a required and an optional provider whose statuses change, and a publisher that returns an awaitable
      When a refresh is forced once for each of their statuses
      Then each evaluation published one evaluated event
      And a changed event was published exactly where health or readiness changed

    Scenario: A status changes because a provider is removed
      Given an aggregator with three healthy providers
      And an unhealthy provider
      When a refresh is forced, that provider is removed, and a refresh is forced again
      Then a changed event was published exactly where health or readiness changed

    Scenario: No event turns back what a newer evaluation has found
      Given an aggregator with a provider that was healthy in an evaluation that takes 2 seconds, and is unhealthy since
      When it is asked, a refresh is forced while that is under way, and another one when both have ended
      Then the last changed event came from the newer evaluation

  @AGG-013 @must @since-1.0
  Rule: Reports come in a repeatable order
    Answers are compared, by programs and by people who look at two pages. Where the order is that of whoever was first, every
    answer differs from the one before, and nobody sees the difference that matters.

    Scenario: The slowest one changes
      Given an aggregator with five providers of which each in turn is the slowest
      When a refresh is forced five times
      Then the reports came in the same order every time

    Scenario: A provider fails meanwhile
      Given an aggregator with five providers of which each in turn is the one that raises
      When a refresh is forced five times
      Then the reports came in the same order every time

    Scenario: Another aggregator of the same providers
      Given an aggregator with five providers of which each in turn is the slowest
      When a refresh is forced five times
      And the same is done with another aggregator
      Then the reports came in the same order every time

  @AGG-014 @must @since-1.0
  Rule: A cancelled caller returns at once, and nothing is left behind when the service closes
    Callers have timeouts of their own, and shutting down has one, too. What goes on waiting then is what the platform kills, in
    the middle of something.

    @at-each-place
    Scenario: A caller is cancelled
      Given an aggregator with a provider that takes a second
      When it is asked, and the caller is cancelled at each place where it waits
      Then the caller returned at once, as cancelled

    @at-each-place
    Scenario: A caller is cancelled while a provider hangs
      Given an aggregator with three healthy providers
      And a provider among them that hangs, and ends late when it is cut off
      When it is asked, and the caller is cancelled at each place where it waits
      Then the caller returned at once, as cancelled

    Scenario: It is closed after an answer
      Given an aggregator with three healthy providers, with what is running noted
      When it is asked
      And it is closed
      Then nothing is left running

    Scenario: It is closed after a provider was cut off
      Given an aggregator with three healthy providers, with what is running noted
      And a provider among them that hangs
      When it is asked
      And it is closed
      Then nothing is left running

    Scenario: It is closed while an evaluation is under way
      Given an aggregator with three healthy providers, with what is running noted
      And a provider among them that hangs
      When it is closed while somebody is asking
      Then nothing is left running

    @at-each-place
    Scenario: It is closed after a caller was cancelled
      Given an aggregator with three healthy providers, with what is running noted
      And a provider among them that hangs
      When it is asked, and the caller is cancelled at each place where it waits
      And it is closed
      Then nothing is left running

    Scenario: It is closed without having been asked
      Given an aggregator with three healthy providers, with what is running noted
      When it is closed
      Then nothing is left running

  @AGG-015 @must @since-1.0
  Rule: A publisher that raises changes no answer
    The line to the message bus is cut first. Health that cannot be told without it takes every instance out of service at the
    same time.

    Scenario Outline: A publisher that <fault>
      Given an aggregator whose publisher <fault>, with a required and an optional provider whose statuses change
      When a refresh is forced once for each of their statuses
      Then each answer was what its providers said

      Examples:
        | fault                      |
        | raises                     |
        | raises when it is awaited  |

    Scenario: A publisher that raises with callers at once
      Given an aggregator whose publisher raises, with a provider that takes a second
      When three callers ask in the same evaluation
      Then each of them got a whole answer in spite of that

    Scenario: A publisher that raises and a cached answer
      Given an aggregator whose publisher raises, with three healthy providers
      When it is asked
      And it is asked again just before the answer expires
      Then the answer in spite of that is the one from before

  @AGG-016 @must @since-1.0 @every-interleaving
  Rule: Under a burst of checks, while providers come, go, fail and recover, every answer is one that some moment explains
    Answers that are wrong once in a thousand are wrong once a minute, and each of them moves traffic. What no moment explains,
    nobody will find in the logs either.

    Scenario: A few checks
      Given an aggregator with providers that fail and recover
      When a few callers ask again and again while providers come and go
      Then every answer is one that some moment explains

    @burst
    Scenario: A burst of 5,000 checks
      Given an aggregator with providers that fail and recover
      When 50 callers make 5,000 checks while providers come and go
      Then every answer is one that some moment explains
