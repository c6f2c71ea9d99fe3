"""How much of a run could go side by side."""


def readers(sources, number):
    return [n for n, read in enumerate(sources) if number in read]


def depth(sources):
    ends = []  # the longest chain that ends in each cycle
    for read in sources:
        ends.append(1 + max((ends[s] for s in read), default=0))
    return max(ends)


def ilp(sources):
    return len(sources) / depth(sources)
