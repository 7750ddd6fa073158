"""Takes in what the carrier's systems report: TMF622 v5 product orders and their events."""

from intake.problems import FileReport, Problem, Report
from intake.reader import UnreadablePathError
from intake.runner import run

__all__ = ["FileReport", "Problem", "Report", "UnreadablePathError", "run"]
