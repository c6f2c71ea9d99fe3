"""What happens behind the screen: the thread that loads and runs, and the work it is given."""
