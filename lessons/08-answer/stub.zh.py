"""从 logit 到实体。"""

import numpy as np


def probabilities(logits):
    """对 [词元数, 标签数] 的每一行做 softmax。"""
    raise NotImplementedError


def choose(logits, names):
    """每个词元的标签：文本的列表。

    logits：数组 [词元数, 标签数]；names：标签，次序与列一致
    """
    raise NotImplementedError


def spans(labels):
    """相邻且标签相同的一段，不含 O：[首, 末, 标签] 的列表。"""
    raise NotImplementedError
