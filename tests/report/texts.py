"""Texts that are hard on formats."""

from hypothesis import strategies as st

HARD = "\x00\x07\x1b\r\n\t\udcff\ufffe]]><&\"'\x85\u2028%:,"
ANY = st.text(st.characters(codec=None), max_size=20) | st.text(HARD, max_size=8)
