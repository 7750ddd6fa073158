"""Files and folders of messages."""

import os
from collections.abc import Iterable
from pathlib import Path

from intake.problems import Problem


class UnreadablePathError(Exception):
    """A path that is neither a file nor a folder."""


def files(paths: Iterable[Path]) -> tuple[list[Path], list[Problem]]:
    """The files, and every *.json below the folders, each once and sorted by folder; and the
    folders that cannot be read, as problems.

    Raises `UnreadablePathError` for a path that does not exist.
    """
    listed: dict[Path, None] = {}
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            listed.update(dict.fromkeys(_below(path, problems)))
        elif path.is_file():
            listed[path] = None
        else:
            raise UnreadablePathError(f"{path} is neither a file nor a folder")
    once = {os.path.realpath(path): path for path in reversed(listed)}
    return list(once.values())[::-1], problems


def _below(folder: Path, problems: list[Problem]) -> list[Path]:
    def unreadable(error: OSError) -> None:
        problems.append(Problem(Path(error.filename), "$", f"cannot be read: {error.strerror}"))

    named = (
        Path(at) / name
        for at, _, names in os.walk(folder, onerror=unreadable)
        for name in names
        if name.casefold().endswith(".json")
    )
    # A broken link is kept, so that it is reported as unreadable.
    return sorted(path for path in named if path.is_file() or not path.exists())
