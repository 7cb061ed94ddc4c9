"""A world that repeats: virtual time, chosen interleavings, cancel points, controlled threads, a hang guard.

What belongs here: whatever makes one run of a program a function of a recorded list of decisions, and whatever keeps the
process alive when the program does not play along. What does not: any word about contracts, clauses or pytest.
Standard library only; usable alone.
"""
