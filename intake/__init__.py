"""Reads TMF622 v5 product orders and events of the carrier's systems into orders."""

from intake.folders import UnreadablePathError
from intake.problems import FileReport, InvalidError, Problem, Report
from intake.replay import discard, list_failures, replay
from intake.runner import run

__all__ = [
    "FileReport",
    "InvalidError",
    "Problem",
    "Report",
    "UnreadablePathError",
    "discard",
    "list_failures",
    "replay",
    "run",
]
