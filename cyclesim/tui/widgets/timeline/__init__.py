"""TIMELINE: the run as a pipeline diagram."""

from cyclesim.tui.widgets.timeline.view import Timeline

__all__ = ["Timeline"]
