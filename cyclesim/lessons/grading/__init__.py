"""Runs what students wrote, in processes that can harm nothing, and says what came of it.

    wire      arguments and answers as JSON: nothing is unpickled
    confine   what a process gives up for good before it runs a line of somebody else's
    child     the process: gives up, runs the exercise, writes down what each call returned
    running   starts it, waits, ends it; an `Outcome`
    grade     a folder of students; a table, or JSON

What is right is decided on this side, from the answers: the exercise never sees what it is held
against, and cannot change how it is judged.
"""
