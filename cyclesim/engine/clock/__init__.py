"""The live clock: a run in a thread of its own that waits, can be looked back on and changed."""
