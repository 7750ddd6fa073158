"""Puts the built web files into a wheel. An editable install needs none: it builds on demand."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# A build front end runs this file from an environment in which the project is not installed.
sys.path.insert(0, str(Path(__file__).parent))

from web.build import BuildError, build, machine_node


class WebBuildHook(BuildHookInterface[BuilderConfig]):
    """Runs ``web.build`` before a wheel is packed."""

    def dependencies(self) -> list[str]:
        """pip, where Node must come from its wheel: an isolated build environment has none."""
        return [] if machine_node() else ["pip"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the files; ``version`` tells a real wheel from an editable one."""
        if version == "editable":
            return
        try:
            build(self.app.display_info)
        except BuildError as error:
            self.app.abort(str(error))
