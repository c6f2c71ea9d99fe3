"""Which tensor is looked at, which part of it, and against what."""
