# `make demo` and `make test` each do everything on a fresh Debian or Ubuntu with git, make and python3.

PYTHON_IN = .venv/bin/python
ENVIRONMENT = .venv/up-to-date
COMMANDS = gcc g++ clang gdb
# Without these the tests of kernels, or with lldb, are UNSUPPORTED, and all others run.
KERNEL_COMMANDS = qemu-system-mips gdb-multiarch bmake mips-linux-gnu-gcc:gcc-mips-linux-gnu
LLDB_COMMANDS = lldb
TEST_COMMANDS = mona
# Without it the tests that look at the HTML report in a browser are skipped.
BROWSER_COMMANDS = chromium
SHELL_COMMANDS = zsh fish groff man:man-db

.PHONY: demo test check bench clean packages test-packages oracles

demo: $(ENVIRONMENT)
	.venv/bin/dexter test examples/LTD

# pytest comes last, so that its line with the counts is the last one.
test: check oracles
	$(PYTHON_IN) -m pytest -n 2

check: $(ENVIRONMENT)
	$(PYTHON_IN) -m ruff check
	$(PYTHON_IN) -m ruff format --check
	$(PYTHON_IN) -m mypy

bench: $(ENVIRONMENT)
	@set -e; for file in benchmarks/[a-z]*.py; do \
	    echo "== $$file"; $(PYTHON_IN) -m benchmarks.$$(basename $$file .py); done

# Other people's engines that ours is compared with, in an environment of their own.
oracles: $(ENVIRONMENT) test-packages
	$(PYTHON_IN) tests/oracles/setup.py

$(ENVIRONMENT): pyproject.toml scripts/virtualenv | packages
	scripts/virtualenv
	touch $@

packages:
	@scripts/system-packages $(COMMANDS) --optional kernels $(KERNEL_COMMANDS) --optional lldb $(LLDB_COMMANDS)

test-packages: | packages
	@scripts/system-packages $(TEST_COMMANDS) --optional the-HTML-report $(BROWSER_COMMANDS) \
	    --optional completions $(SHELL_COMMANDS)

clean:
	rm -rf .venv .oracles build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
