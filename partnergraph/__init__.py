"""The one name that an installation adds to site-packages; starts the command line.

The product's packages have short names (`db`, `schema`, `web`), which other distributions use too:
in site-packages one would overwrite the other. A wheel therefore holds them in this package's
folder, and `main` puts that folder first on the module search path. In a checkout and in an
editable install the folder above takes its place.
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
SOURCES = _PACKAGE if (_PACKAGE / "app.py").is_file() else _PACKAGE.parent
"""The folder that holds `app.py` and the product's packages."""


def main() -> None:
    """Run the command `partnergraph` with the product's own modules, whatever else is installed."""
    # multiprocessing hands this path to the server's worker processes.
    sys.path.insert(0, str(SOURCES))

    from commands.main import main as command  # noqa: PLC0415 - found by the path above

    command()
