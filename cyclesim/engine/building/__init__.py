"""From recorded events to cycles: numbers, names, what was read and written, who produced what."""
