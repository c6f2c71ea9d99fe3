"""How fast a machine could be, and how much a faster part helps."""


def intensity(flops, nbytes):
    """FLOPs for each byte that is moved."""
    raise NotImplementedError


def least_seconds(flops, nbytes, peak, bandwidth):
    """The least time for this work; peak in FLOP/s, bandwidth in bytes/s, both at once."""
    raise NotImplementedError


def waits_for(flops, nbytes, peak, bandwidth):
    """What the work waits for: "memory" or "compute"."""
    raise NotImplementedError


def speedup(share, factor):
    """How many times faster the whole is, when a share of its time gets `factor` times faster."""
    raise NotImplementedError
