"""What `peers.py` is made of: the tools, where they are installed, the measuring, the table."""
