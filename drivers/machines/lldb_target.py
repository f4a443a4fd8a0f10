"""What lldb asks once and no stub of MIPS answers: which machine this is, and its registers by lldb's own packets.

Runs in a relay's process: the standard library only. The packets are those of lldb's docs/lldb-gdb-remote.txt. What
lldb is not answered here it does without: writing above all, as nobody may change what is observed.
"""

_TRIPLE = b"mips"
# In the order of both stubs' `g`, which is that of DWARF's numbers as lldb has them (MIPS_DWARF_Registers.h), too.
# lldb calls the first 32 by their numbers, and knows by these names which ones a function saves for its caller
# (ABISysV_mips.cpp): else `curthread`, which is in s7, could not be read in an outer frame.
_NUMBERED = 32
_ALIASES = (
    *("zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"),
    *("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "fp", "ra"),
    *("sr", "lo", "hi", "bad", "cause", "pc"),
)
_GENERIC = {"a0": "arg1", "a1": "arg2", "a2": "arg3", "a3": "arg4", "sp": "sp", "fp": "fp", "ra": "ra", "pc": "pc"}

ANSWERS = {
    b"QStartNoAckMode": b"OK",
    b"QThreadSuffixSupported": b"OK",
    b"QListThreadsInStopReply": b"OK",
    b"qHostInfo": b"triple:%b;endian:big;ptrsize:4;" % _TRIPLE.hex().encode(),
    b"qProcessInfo": b"pid:1;triple:%b;endian:big;ptrsize:4;" % _TRIPLE.hex().encode(),
    b"qsThreadInfo": b"l",
    b"qAttached": b"1",
}


def register_description(number: int) -> bytes:
    """The reply to `qRegisterInfo`; empty past the last one."""
    if number >= len(_ALIASES):
        return b""
    alias = _ALIASES[number]
    name = f"name:r{number};alt-name:{alias};" if number < _NUMBERED else f"name:{alias};"
    generic = f"generic:{_GENERIC[alias]};" if alias in _GENERIC else ""
    text = f"bitsize:32;offset:{number * 4};encoding:uint;format:hex;set:General;ehframe:{number};dwarf:{number};"
    return (name + text + generic).encode()
