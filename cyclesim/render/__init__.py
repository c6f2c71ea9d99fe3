"""Tables, sentences, HTML, colours and timelines: what the TUI, the shell and notebooks share."""
