"""Lessons: tours of a real run that ask before they tell, with exercises that the run checks.

A lesson is a folder of the top-level `lessons/` (its README has the format): prose in Markdown, one
file a language, with `{{ … }}` where a number belongs. No number of a run is typed in: each is
asked from the run when the lesson is shown, so that another model, text or version changes the
lesson with it, and a name that is no more is an error with file and line.

    lesson     what a lesson is made of
    reading    from Markdown to a lesson, in a language
    course     the lessons there are, and where they live
    expression the small language between the braces; `scope` has its names, `formats` its endings
    runs       the runs that a lesson speaks of, traced once a process
    goals      what a step waits for
    asking     a question with its choices, computed from the run
    progress   what a student has done, kept in the state folder
    exercises  stubs and their checks; `grading` runs what others wrote

This room is a view: it reads traces and knows neither torch nor Textual.
"""
