"""What a program's file tells before it is run: lines, scopes, call frames, machine code."""
