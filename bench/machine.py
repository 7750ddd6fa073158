"""What the figures were measured on: without it they mean nothing."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import asyncpg

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


def processor(pid: int) -> float:
    """Seconds of the processor's time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / int(os.sysconf("SC_CLK_TCK"))


async def processor_of_backends(plain: asyncpg.Connection) -> float:
    """The same of those processes of PostgreSQL that serve the database, without the one asked."""
    found = await plain.fetch(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return sum((processor(row["pid"]) for row in found), 0.0)
