"""What lldb asks once and no stub of MIPS answers: which machine this is, and its registers by lldb's own packets.

Runs in a relay's process: the standard library only. The packets are those of lldb's docs/lldb-gdb-remote.txt. What
lldb is not answered here it does without: writing above all, as nobody may change what is observed.
"""

_TRIPLE = b"mips"
# In the order of gdb's and both stubs' `g`. Up to lo and hi these are DWARF's numbers too, and lldb has the same for
# the rest (MIPS_DWARF_Registers.h). The names are lldb's own, by which its unwinder finds them.
_NAMES = (
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
    if number >= len(_NAMES):
        return b""
    name = _NAMES[number]
    generic = f"generic:{_GENERIC[name]};" if name in _GENERIC else ""
    alias = f"alt-name:r{number};" if number < 32 else ""
    text = (
        f"name:{name};{alias}bitsize:32;offset:{number * 4};encoding:uint;format:hex;set:General;"
        f"ehframe:{number};dwarf:{number};{generic}"
    )
    return text.encode()
