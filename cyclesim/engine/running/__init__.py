"""One run of a machine: its execution, the verdict, the times, and how it is resumed."""
