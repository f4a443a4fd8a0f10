"""One run under a debugger, whichever it is: its limits, how it ends, and the records of what watches it."""
