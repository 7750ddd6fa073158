"""The machine and the versions that figures were measured on, and processor time."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from tests.support.postgres import connect

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
    """Return names and values: hardware, system, and versions of packages."""
    pages, page_size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "CPU": f"{os.cpu_count()} x {_cpu_model()}",
        "memory": f"{pages * page_size / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def load_average() -> float:
    """Return the load average of the last minute, including our own processes."""
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


def processor_time(pid: int) -> float:
    """Return the processor time of a process so far, in seconds (Linux only)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / int(os.sysconf("SC_CLK_TCK"))


async def processor_time_of_backends(url: str) -> float:
    """Return the same of all PostgreSQL processes that serve connections to this database."""
    connection = await connect(url)
    try:
        rows = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return sum((processor_time(row["pid"]) for row in rows), 0.0)
    finally:
        await connection.close()
