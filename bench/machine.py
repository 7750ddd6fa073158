"""What the figures were measured on: without it they mean nothing."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "strawberry-graphql",
    "graphql-core",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "sqlalchemy",
    "asyncpg",
    "orjson",
)


def details() -> dict[str, str]:
    """The machine and the versions of what runs on it, by name."""
    pages, page_size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "CPU": f"{os.cpu_count()} x {_cpu_model()}",
        "memory": f"{pages * page_size / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def load_average() -> float:
    """How many processes wanted a core in the last minute, ours included."""
    return os.getloadavg()[0]


def _cpu_model() -> str:
    try:
        information = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    for line in information.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
