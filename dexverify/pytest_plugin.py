"""The pytest plugin. What is here is loaded by every run of pytest; the rest of dexter only with `--dexter`."""

from __future__ import annotations

import pytest

MARK = "dexter: a proposition that dexter judges over a run of its program (pytest --dexter)"
ARGS = "dexter_args"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dexter", "verifying annotated C programs and kernels")
    group.addoption("--dexter", action="store_true", help="collect annotated files: an item for each proposition")
    group.addoption("--dexter-builder", metavar="BUILDER", help="as --builder of dexter test")
    group.addoption("--dexter-debugger", metavar="DEBUGGER", help="as --debugger of dexter test")
    group.addoption("--dexter-args", metavar="ARGS", help="further options of dexter test, on building and running")
    parser.addini(ARGS, "options of dexter test; those of the command line come after them", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARK)
    if config.getoption("--dexter") and not config.getoption("help"):
        from dexverify.depth import make_room
        from dexverify.pytest_suite import Suite

        make_room()
        config.pluginmanager.register(Suite.configured(config), "dexter-suite")
