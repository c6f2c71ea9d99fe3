"""只往回看的注意力，以及缓存。"""

import numpy as np


def causal_weights(queries, keys):
    """每个词元对它自己和前面每个词元看多少。

    queries、keys：数组 [词元数, 通道数]
    返回：数组 [词元数, 词元数]，每个查询一行
    """
    raise NotImplementedError


def remember(cached, new):
    """多了一行的缓存。

    cached：数组 [词元数, 通道数]；new：数组 [1, 通道数]
    返回：数组 [词元数 + 1, 通道数]
    """
    raise NotImplementedError


def decode(query, keys, values):
    """最新的词元得到什么。

    query：数组 [1, 通道数]；keys、values：数组 [词元数, 通道数]，最后一行是它自己的
    返回：数组 [1, 通道数]
    """
    raise NotImplementedError


def cache_bytes(layers, tokens, hidden, width):
    """缓存的大小；一个数占 `width` 字节，一个键或一个值有 `hidden` 个数。"""
    raise NotImplementedError
