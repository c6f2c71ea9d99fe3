"""一次运行里，有多少可以并排进行。"""


def readers(sources, number):
    """哪些周期读了周期 number 写出的东西。

    sources：每个周期各一个列表，写着它读过的周期
    返回：这些周期的编号，从小到大
    """
    raise NotImplementedError


def depth(sources):
    """一环读一环的最长的链，有多少个周期。"""
    raise NotImplementedError


def ilp(sources):
    """周期数除以最长链的长度。"""
    raise NotImplementedError
