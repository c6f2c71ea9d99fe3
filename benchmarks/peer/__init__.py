"""What `benchmarks/peers.py` is made of: the tools, their environments, the measuring, the table."""
