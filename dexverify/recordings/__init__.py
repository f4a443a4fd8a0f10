"""Runs that are kept: what a recording's file says of the run besides its steps, and judging it again from that."""
