"""Two runs side by side: which cycle faces which, and what differs."""
