"""How much of a run could go side by side."""


def readers(sources, number):
    """Which cycles read what cycle `number` wrote.

    sources: for each cycle, a list of the cycles that it read
    returns: their numbers, ascending
    """
    raise NotImplementedError


def depth(sources):
    """The length of the longest chain of cycles in which each reads the one before."""
    raise NotImplementedError


def ilp(sources):
    """How many cycles there are for each cycle of the longest chain."""
    raise NotImplementedError
