"""机器最快能有多快；一部分变快，整体能快多少。"""


def intensity(flops, nbytes):
    """每搬动一个字节做多少 FLOP。"""
    raise NotImplementedError


def least_seconds(flops, nbytes, peak, bandwidth):
    """做完这些工作至少要多少秒；peak 是 FLOP/s，bandwidth 是字节/s，两者同时进行。"""
    raise NotImplementedError


def waits_for(flops, nbytes, peak, bandwidth):
    """这些工作在等什么："memory"（内存）或 "compute"（运算）。"""
    raise NotImplementedError


def speedup(share, factor):
    """占总时间 share 的部分快了 factor 倍时，整体快了多少倍。"""
    raise NotImplementedError
