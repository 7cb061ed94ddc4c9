"""What surrounds a subject under test and is recorded there.

What belongs here: fakes and recorders of the outside world that scenarios put around a subject, and how to look at what
comes out of it. What does not: judging.
"""
