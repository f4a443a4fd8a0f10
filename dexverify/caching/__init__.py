"""`--cache`: a program that is run again as it was, with everything that it can depend on, is not run again."""
