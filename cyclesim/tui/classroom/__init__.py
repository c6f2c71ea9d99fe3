"""For a class: what is done is written down, played again, and saved as pictures and pages."""
