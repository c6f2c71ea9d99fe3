"""How fast a machine could be, and how much a faster part helps."""


def intensity(flops, nbytes):
    return flops / nbytes


def least_seconds(flops, nbytes, peak, bandwidth):
    return max(flops / peak, nbytes / bandwidth)


def waits_for(flops, nbytes, peak, bandwidth):
    return "memory" if intensity(flops, nbytes) < peak / bandwidth else "compute"


def speedup(share, factor):
    return 1 / (1 - share + share / factor)
