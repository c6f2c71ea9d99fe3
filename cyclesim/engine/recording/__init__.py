"""What is seen while a model runs: its torch functions and module calls, kept by reference."""
