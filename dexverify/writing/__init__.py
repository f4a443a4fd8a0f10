"""`dexter write`: expectations that are filled in, and propositions that are guessed, from what was recorded."""
