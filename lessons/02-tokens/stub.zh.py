"""一个分词器：从单词到模型要读的东西。"""


def pieces(word, vocabulary):
    """从左边开始，把一个单词切成词表里有的最长的片段。

    word：没有空格的文本；vocabulary：片段的列表
    返回：列表，如 ["Lo", "##vel", "##ace"]；切不开时是 ["[UNK]"]
    """
    raise NotImplementedError


def prepare(tokens, length):
    """加上 [CLS] 和 [SEP]，用 [PAD] 填充到 length，并说明哪些词元是真的。

    返回：两个长度为 length 的列表：词元，和注意力掩码（1 是真词元，0 是填充）
    """
    raise NotImplementedError
