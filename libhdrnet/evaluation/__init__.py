"""How good is it: metrics, readers of the published sets, runs over them, tables and a report to look at.

`hdrnet eval` runs it. Data flows one way: set -> scenes -> results of each scene and method -> tables, report.
"""
