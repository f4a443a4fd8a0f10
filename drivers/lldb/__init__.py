"""lldb as a driver. Its module is loaded in a process of its own, by whichever interpreter can."""
