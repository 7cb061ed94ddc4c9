"""Mutation testing of the reference implementation, judged by the contract suite alone: `python -m tests.mutants`.

Every mutant is one small change that Cosmic Ray makes to `reference_impl`. It is killed when the suite, run as an adopter
runs it, calls a clause violated or cannot run at all. The tests of the reference itself are not asked.
"""
