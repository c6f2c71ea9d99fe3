"""How words, signs and numbers are written in terminal cells."""
