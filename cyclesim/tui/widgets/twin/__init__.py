"""The panes of the compare screen."""
