"""dexter: debugger-driven verification of temporal properties of C programs and kernels."""

__version__ = "0.1.0"
