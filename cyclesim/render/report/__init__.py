"""A comparison as one page of HTML that needs nothing else: tables, pictures, and the raw lists."""

from cyclesim.render.report.page import report_fragment, report_html

__all__ = ["report_fragment", "report_html"]
