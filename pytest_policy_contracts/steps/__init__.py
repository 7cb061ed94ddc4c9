"""The Gherkin vocabulary: for each step of the feature files the code that stands for it.

What belongs here: one module per contract, each step a call or a claim. What does not: running, repeating, reporting.
"""
