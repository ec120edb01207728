"""The report: one HTML page that needs nothing else, with tables, plots and pictures to compare.

`page` puts it together, `scene` shows one scene, `plot` draws a metric over all; style.css and script.js go inside.
"""

from libhdrnet.research.evaluation.report.page import write_report

__all__ = ["write_report"]
