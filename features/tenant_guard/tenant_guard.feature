@contract-TenantGuard @version-1.0
Feature: TenantGuard
  The component that keeps tenants apart: it decides, it remembers, and when in doubt it says no.

  @TNT-001 @must @since-1.0
  Rule: The mode is the configured mode
    Operators look at the mode to know whether they are protected. One that says strict and is lenient is worse than none.

    Scenario: Each mode
      Given a guard in each mode
      When each guard is asked for its mode
      Then each guard names the mode that it was configured with

  @TNT-002 @must @since-1.0
  Rule: A strict guard denies and records every kind of violation, and only an access to oneself is none
    Denied and not recorded leaves no trace of an attack; recorded and not denied is a log of what was stolen.

    Scenario: Every kind is denied and recorded
      Given a strict guard
      When every kind of violation is handed in
      Then each of them is denied
      And each of them is recorded

    Scenario: A tenant reaches for its own
      Given a strict guard
      When a tenant reaches for what is its own
      Then each of them is allowed
      And none of them is recorded

    Scenario: Nobody reaches for what belongs to nobody
      Given a strict guard
      When an access without a tenant and without a target is handed in
      Then each of them is denied
      And each of them is recorded

    Scenario: To be oneself excuses nothing else
      Given a strict guard
      When every other kind of violation is handed in by a tenant about itself
      Then each of them is denied
      And each of them is recorded

  @TNT-003 @must @since-1.0
  Rule: A lenient guard allows and records every kind of violation
    Lenient is how a guard is brought into a system that is already running: it must disturb nothing, and miss nothing.

    Scenario: Every kind is allowed and recorded
      Given a lenient guard
      When every kind of violation is handed in
      Then each of them is allowed
      And each of them is recorded

  @TNT-004 @must @since-1.0
  Rule: A disabled guard allows every kind of violation, and neither records nor publishes
    Disabled is the switch for an emergency. It has to take the guard out of the way, with everything it does.

    Scenario: Every kind is allowed, and that is all
      Given a disabled guard
      When every kind of violation is handed in
      Then each of them is allowed
      And none of them is recorded
      And nothing is published

  @TNT-005 @must @since-1.0
  Rule: The whitelist allows exactly its pairs, in their direction, and what it allows is not recorded
    Ids that look alike are how one tenant gets at another's data: another case, a space at the end, the same letter in another
    Unicode form, a prefix, two ids glued together.

    Scenario: The pairs of the whitelist
      Given a strict guard whose whitelist lets one tenant reach two others
      When the tenant reaches for each of the two
      Then each of them is allowed
      And none of them is recorded

    Scenario: The other direction
      Given a strict guard whose whitelist lets one tenant reach two others
      When each of the two reaches for the tenant, and for each other
      Then each of them is denied

    Scenario: Ids that look alike
      Given a strict guard whose whitelist lets one tenant reach two others
      When ids that look like those of the pair are used in place of either
      Then each of them is denied

    Scenario: Entries that look like patterns
      Given a strict guard whose whitelist names patterns
      When ids that the patterns would match are used
      Then each of them is denied

    Scenario: Ids that contain separators
      Given a strict guard whose whitelist names ids with separators
      When the ids are split at their separators in another way
      Then each of them is denied

  @TNT-006 @must @since-1.0
  Rule: The whitelist excuses only cross-tenant access, never a missing or invalid context, an unauthorized access or an empty id
    That two tenants may share does not tell who is asking. A guard that looks at the whitelist first lets anybody in who
    claims the right names.

    Scenario: Other kinds between whitelisted tenants
      Given a strict guard whose whitelist lets one tenant reach two others
      When every other kind of violation is handed in between whitelisted tenants
      Then each of them is denied
      And each of them is recorded

    Scenario: An empty id in the whitelist
      Given a strict guard whose whitelist has empty ids
      When cross-tenant accesses with an empty id are handed in
      Then each of them is denied

  @TNT-007 @must @since-1.0
  Rule: The guard copies its configuration: later changes to the mapping handed in change nothing
    A mapping that several parts of a program hold is changed by one of them one day. Who may reach whom must not change
    with it.

    Scenario: Pairs are added to the mapping afterwards
      Given a strict guard whose whitelist lets one tenant reach two others
      When pairs are added to the mapping, and used
      Then each of them is denied

    Scenario: Pairs are removed from the mapping afterwards
      Given a strict guard whose whitelist lets one tenant reach two others
      When the pairs are removed from the mapping, and used
      Then each of them is allowed

  @TNT-008 @must @since-1.0
  Rule: A missing context is told apart from a cross-tenant access by the type of the error
    "I do not know who you are" is a bug of the caller and wants a login; "that is not yours" is an attack and wants an alarm.

    Scenario: A missing context
      Given a strict guard
      When an access with a missing context is handed in
      Then each of them is denied
      And the error says that the context is missing

    Scenario: A cross-tenant access
      Given a strict guard
      When a cross-tenant access is handed in
      Then each of them is denied
      And the error does not say that the context is missing

  @TNT-009 @must @since-1.0
  Rule: The recent violations are the newest, the oldest first, and exactly as many as configured
    After an incident this list is the evidence. In the wrong order, or with a hole in it, it tells another story.

    Scenario: Any sequence, with any room
      When guards with any room are handed any sequence of accesses, and are asked in between
      Then the recent violations were always those of a bounded queue

    Scenario Outline: Room for <room> is refused or means the default
      Given a lenient guard that is asked to have room for <room> violations, unless it refuses
      When three violations are handed in
      Then each of them is recorded, or the guard was refused
      When more violations are handed in than the default has room for
      Then no more are recorded than the default has room for

      Examples:
        | room |
        | 0    |
        | -1   |

  @TNT-010 @must @since-1.0
  Rule: What is returned and what was recorded are deep copies: altering either, or the violation handed in, changes nothing
    Evidence that its reader, or the accused, can rewrite is none.

    Scenario: The recent violations are altered
      Given a lenient guard
      When violations with nested details are handed in
      And the recent violations are read and altered
      Then the recent violations are what they were

    Scenario: The violation handed in is altered
      Given a lenient guard
      When violations with nested details are handed in
      And the violations handed in are altered
      Then the recent violations are what they were

  @TNT-011 @must @since-1.0
  Rule: A missing timestamp is filled in, with a timezone, and a given one is kept
    Evidence without a time, or with the time at which it was copied, cannot be laid beside other logs.

    Scenario: A missing timestamp
      Given a lenient guard
      When an hour passes
      And a violation without a timestamp is handed in
      Then it is recorded with a timestamp that has a timezone, and the time of the access

    Scenario: A given timestamp
      Given a lenient guard
      When violations with timestamps of several timezones are handed in
      Then each of them is recorded with its own timestamp

  @TNT-012 @must @since-1.0 @every-interleaving
  Rule: Under concurrent access no violation is lost, doubled or torn
    Attacks come in bursts. The record that two accesses wrote at once is the one that is looked for afterwards.

    Scenario: Accesses at once
      Given a lenient guard
      When several callers hand in violations at the same time
      Then each violation is recorded once and whole

    Scenario: Accesses at once into a full record
      Given a lenient guard with room for 2 violations
      When several callers hand in violations at the same time
      Then the recent violations are the newest of some order

    Scenario: The record is read meanwhile
      Given a lenient guard
      When several callers hand in violations while others read the recent ones
      Then each reading is whole and in order

  @TNT-013 @must @since-1.0 @needs-emits_events
  Rule: Each recorded violation publishes exactly one event, and an access that is not recorded publishes none
    Alarms are counted. One too many cries wolf, one too few sleeps through it.

    Scenario: A strict guard publishes
      Given a strict guard whose whitelist lets one tenant reach two others
      When violations and allowed accesses are handed in
      Then one event is published for each recorded violation

    Scenario: A lenient guard publishes
      Given a lenient guard
      When every kind of violation is handed in
      Then one event is published for each recorded violation

    Scenario: A full record publishes all the same
      Given a lenient guard with room for 2 violations
      When ten violations are handed in
      Then one event is published for each of them

    @async-only
    Scenario: A publisher that returns an awaitable
      Given a strict guard whose publisher returns an awaitable
      When every kind of violation is handed in
      Then one event is published for each recorded violation

  @TNT-014 @must @since-1.0 @needs-emits_events
  Rule: A publisher that raises or is slow changes no decision and no record
    The line to the alarm is cut first. A guard that lets everybody in without it, or forgets, is guarded by its cable.

    Scenario Outline: A <mode> guard with a publisher that <fault>
      Given a <mode> guard with a publisher that <fault>
      When every kind of violation is handed in
      Then each of them is decided as a <mode> guard does
      And each of them is recorded

      Examples:
        | mode    | fault           |
        | strict  | raises          |
        | lenient | raises          |
        | strict  | takes 60 seconds |
        | lenient | takes 60 seconds |

    @async-only
    Scenario Outline: A <mode> guard with a publisher whose awaitable <fault>
      Given a <mode> guard with a publisher whose awaitable <fault>
      When every kind of violation is handed in
      Then each of them is decided as a <mode> guard does
      And each of them is recorded

      Examples:
        | mode    | fault           |
        | strict  | raises          |
        | lenient | raises          |
        | strict  | takes 60 seconds |
        | lenient | takes 60 seconds |

  @TNT-015 @must @since-1.0
  Rule: A strict guard fails closed: whatever goes wrong inside it, it never allows what it should deny
    Every guard works while everything works. What it does when its clock, its log or its input is broken is what an attacker
    looks for.

    Scenario Outline: <fault>
      Given a strict guard
      When accesses are handed in with <fault>
      Then each of them is denied

      Examples:
        | fault                                   |
        | a publisher that raises                 |
        | a publisher that calls the guard again  |
        | a clock that fails                      |
        | a clock that jumps back                 |
        | a log handler that raises               |
        | details that cannot be copied           |
        | ids of wrong types                      |
        | ids that cannot be hashed               |
        | an id that equals everything            |
        | an unknown kind                         |
        | an unknown severity                     |

    Scenario: The mode is given as a string
      Given a guard whose mode is the plain string "strict", unless it refuses
      When every kind of violation is handed in
      Then each of them is denied, or the guard was refused

    Scenario: The mode is unknown
      Given a guard whose mode is the plain string "strictt", unless it refuses
      When every kind of violation is handed in
      Then each of them is denied, or the guard was refused

    @async-only
    Scenario: The publisher is cancelled
      Given a strict guard
      When accesses are handed in with a publisher that ends as cancelled
      Then none of them is allowed

  @TNT-016 @must @since-1.0 @every-interleaving
  Rule: Under a burst every decision is the expected one: no leak, no false denial
    A mistake once in ten thousand accesses is one a minute in production, and every one of them is somebody else's data.

    Scenario: A few tenants at once
      Given a strict guard whose whitelist lets half of the tenants reach their neighbour
      When a few tenants make mixed accesses at the same time
      Then every decision is the expected one

    @burst
    Scenario: A burst of 10,000 accesses of 50 tenants
      Given a strict guard whose whitelist lets half of the tenants reach their neighbour
      When 50 tenants make 10,000 mixed accesses at the same time
      Then every decision is the expected one

  @TNT-017 @must @since-1.0 @needs-bind_tenant @needs-access
  Rule: The bound tenant is seen by the work started inside the binding, and by nothing else
    Context is passed on by the language in some places and not in others. Where a guard guesses, one request works with the
    tenant of another.

    Scenario: Inside, and after it
      Given a strict guard that knows the running context
      When a tenant is bound, and accesses are made inside and afterwards
      Then everybody sees the tenant that the work belongs to, and nobody another one

    Scenario: Bindings in each other
      Given a strict guard that knows the running context
      When a tenant is bound inside the binding of another
      Then everybody sees the tenant that the work belongs to, and nobody another one

    Scenario: After an exception
      Given a strict guard that knows the running context
      When the work inside a binding raises
      Then everybody sees the tenant that the work belongs to, and nobody another one

    Scenario: Two tasks take turns
      Given a strict guard that knows the running context
      When two tasks are bound to two tenants and take turns in every way
      Then everybody sees the tenant that the work belongs to, and nobody another one

    Scenario: Tasks of the inside and of the outside
      Given a strict guard that knows the running context
      When tasks and callbacks are started before, inside and after a binding, and look in the middle and afterwards
      Then everybody sees the tenant that the work belongs to, and nobody another one

    Scenario: Calls on other threads
      Given a strict guard that knows the running context
      When to_thread and executor calls are made before, inside and after a binding
      Then everybody sees the tenant that the work belongs to, and nobody another one

    @sync-only
    Scenario: Plain threads and a pool
      Given a strict guard that knows the running context
      When threads and a pool are started before, inside and after a binding
      Then everybody sees the tenant that the work belongs to, and nobody another one

    Scenario: Async generators
      Given a strict guard that knows the running context
      When two async generators are read in turn inside two bindings
      Then everybody sees the tenant that the work belongs to, and nobody another one

    @sync-only @every-interleaving
    Scenario: Two threads take turns
      Given a strict guard that knows the running context
      When two threads are bound to two tenants at the same time
      Then everybody sees the tenant that the work belongs to, and nobody another one

  @TNT-018 @must @since-1.0 @needs-bind_tenant @needs-access
  Rule: Access with no tenant bound is a missing context, and a strict guard denies it
    No tenant is not a tenant. A guard that falls back to a default, a system tenant or the last one seen has a door without a lock.

    Scenario: Nothing was ever bound
      Given a strict guard that knows the running context
      When an access is made with nothing bound
      Then each of them is denied
      And the error says that the context is missing

    Scenario: Nothing is bound any more
      Given a strict guard that knows the running context
      When an access is made after a binding has ended
      Then each of them is denied
      And the error says that the context is missing

    Scenario: Another task has something bound
      Given a strict guard that knows the running context
      When an access is made with nothing bound, while another task has a tenant bound
      Then each of them is denied
      And the error says that the context is missing

  @TNT-019 @should @since-1.0
  Rule: Memory stays bounded under a flood of violations from ever new tenant ids
    Ids come from requests. A guard that keeps something for each of them is taken down by whoever makes them up.

    Scenario: A flood
      Given a lenient guard with room for 10 violations
      When a flood of violations comes from ever new tenants
      Then the memory in use does not grow with them

  @TNT-020 @should @since-1.0
  Rule: The text of a denial is the same for a target that exists and one that does not, apart from the ids the caller gave
    A text that differs tells who is a customer, one question at a time.

    Scenario: A target that exists and one that does not
      Given a strict guard whose whitelist lets one tenant reach two others
      When the targets that exist have been seen to make accesses of their own
      And a stranger reaches for a target that exists and for one that does not
      Then the denials differ in nothing but the ids
