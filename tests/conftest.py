"""For all tests: property tests look at the same examples on every run, and output is buffered as it is for users."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("project", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

# Where this is set, output is never buffered, and what goes wrong when it is written at the end is never seen.
os.environ.pop("PYTHONUNBUFFERED", None)

# Where one of these is set, pytest prints more: its output is compared as users see it.
for name in ("CI", "BUILD_NUMBER"):
    os.environ.pop(name, None)

# What the tests leave in the cache is no business of the user's.
_CACHE = tempfile.TemporaryDirectory(prefix="dexter-tests-cache-")
os.environ["XDG_CACHE_HOME"] = _CACHE.name


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all of pytest-xdist's workers have in a session, to do there once what takes long."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
