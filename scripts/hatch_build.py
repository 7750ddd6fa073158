"""Hatch's build hook: puts the built web files and the package `partnergraph` into a wheel.

An editable install needs neither: `make demo` builds the files, and the package is in the checkout.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# A build front end runs this file in an environment in which the project is not installed.
sys.path.insert(0, str(Path(__file__).parent.parent))

from web.build import BuildError, build, machine_node


class WheelBuildHook(BuildHookInterface[BuilderConfig]):
    """Prepares what a wheel holds besides the packages that pyproject.toml lists."""

    def dependencies(self) -> list[str]:
        """Return pip if Node has to be installed from its wheel, else nothing."""
        return [] if machine_node() else ["pip"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Do all of this unless `version` names an editable install."""
        if version == "editable":
            return
        # Hatch prefixes every path with `partnergraph/`, which these two have already. The option
        # `force-include` would do the same, but to editable installs as well.
        for file in ("__init__.py", "__main__.py"):
            build_data["force_include"][f"partnergraph/{file}"] = file
        try:
            build(self.app.display_info)
        except BuildError as error:
            self.app.abort(str(error))
