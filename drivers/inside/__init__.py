"""What runs inside a debugger, in whatever Python that has: the standard library only. The host shares some of it."""
