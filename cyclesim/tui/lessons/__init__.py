"""The lesson pane: a tour beside the instrument. Imported only when a lesson is opened."""
