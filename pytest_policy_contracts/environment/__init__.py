"""What surrounds a subject under test and is recorded there.

What belongs here: fakes and recorders of the outside world that scenarios put around a subject. What does not: judging.
"""
