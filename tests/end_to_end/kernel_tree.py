"""A kernel's tree of a few files, laid out as an OS/161 tree is. It builds and boots faster than the example kernel.

Its boot string is read as commands of one letter each, with a semicolon between them: see `kern/main/main.c`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.drivers.kernels import FOLDER

COUNTER, LOCK = "kern/thread/counter.c", "kern/thread/lock.c"

_CONFIG = r"""#!/bin/sh
set -e
kern=$(cd .. && pwd -P)
mkdir -p "$kern/compile/$1"
cat > "$kern/compile/$1/Makefile" <<END
K = $kern
CC = mips-linux-gnu-gcc
CFLAGS = -g -O0 -march=mips32 -mabi=32 -mno-abicalls -fno-pic -msoft-float -G 0 -ffreestanding $(cat "$1")
SOURCES = \$K/main/main.c \$K/thread/counter.c \$K/thread/lock.c
OBJECTS = main.o counter.o lock.o start.o
kernel: \${OBJECTS}
	\${CC} \${CFLAGS} -nostdlib -static -T \$K/conf/kernel.ld \${OBJECTS} -o kernel
depend:
	touch .depend
main.o: \$K/main/main.c
	\${CC} \${CFLAGS} -c -o main.o \$K/main/main.c
counter.o: \$K/thread/counter.c
	\${CC} \${CFLAGS} -c -o counter.o \$K/thread/counter.c
lock.o: \$K/thread/lock.c
	\${CC} \${CFLAGS} -c -o lock.o \$K/thread/lock.c
start.o: \$K/main/start.S
	\${CC} \${CFLAGS} -c -o start.o \$K/main/start.S
END
"""
_MAIN = r"""
void count(int limit);
void take_turns(void);
void exit_machine(int status);

void print(const char *text)
{
	while (*text)
		*(volatile char *)0xb80003f8 = *text++;
}

/* Leaves a file in the directory that the emulator runs in: operation 2 of MIPS' Unified Hosting Interface. */
void tell_host(const char *path)
{
	register int operation __asm__("$25") = 2, mode __asm__("$6") = 0600, flags __asm__("$5") = 0x201;
	register const char *name __asm__("$4") = path;
	__asm__ volatile("sdbbp 1" : "+r"(operation), "+r"(name), "+r"(flags), "+r"(mode) : : "$2", "$3", "memory");
}

void poweroff(void)
{
	*(volatile unsigned *)0xbf000500 = 0x42;
	for (;;)
		;
}

void panic(const char *why)
{
	print("panic: ");
	print(why);
	print("\n");
	exit_machine(1);
}

static void hang(void)
{
	for (;;)
		;
}

static void command(char letter)
{
	switch (letter) {
	case 'c': count(3); break;
	case 'C': count(5); break;
	case 'e': count(1000000); break;
	case 'l': take_turns(); break;
	case 'h': hang();
	case 'o': for (;;) print("on and on\n");
	case 'p': count(-1); break;
	case 'x': exit_machine(3);
	case 'q': poweroff();
	}
}

void kmain(const char *boot)
{
	print("booted\n");
	for (; *boot; boot++)
		command(*boot);
	hang();
}
"""
_COUNTER = """\
void panic(const char *why);
void tell_host(const char *path);
int total;
void count(int limit)
{
	if (limit < 0)
		panic("a limit below zero");
	for (int i = 1; i <= limit; i++) {
		total = total + 1;
		if (i == 100)
			tell_host("ready");
	}
#ifdef NEGATIVE
	total = -1;
#endif
	total = 0;
}
"""
_LOCK = """\
int holder;
static void acquire(int who)
{
	holder = who;
}
static void release(void)
{
#ifndef UNRELEASED
	holder = 0;
#endif
}
void take_turns(void)
{
	for (int who = 1; who <= 2; who++) {
		acquire(who);
		release();
	}
}
"""


@dataclass(frozen=True)
class KernelTree:
    """The tree, before anything is annotated. Its configurations hold flags of the compiler."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> KernelTree:
        """With the configurations DUMBVM, and NEGATIVE and UNRELEASED, which have a defect each."""
        tree = cls(root)
        tree.write("kern/conf/config", _CONFIG).chmod(0o755)
        tree.write("kern/conf/DUMBVM", "")
        tree.write("kern/conf/NEGATIVE", "-DNEGATIVE")
        tree.write("kern/conf/UNRELEASED", "-DUNRELEASED")
        tree.write("kern/main/main.c", _MAIN)
        tree.write(COUNTER, _COUNTER)
        tree.write(LOCK, _LOCK)
        (root / "kern/compile").mkdir()
        shutil.copy(FOLDER / "kernel.ld", root / "kern/conf")
        shutil.copy(FOLDER / "start.S", root / "kern/main")
        return tree

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def annotate(self, name: str, *lines: str) -> Path:
        """The file with these comments at its end."""
        path = self.root / name
        path.write_text("".join([path.read_text(), *(f"// {line}\n" for line in lines)]))
        return path

    def settings(self, text: str) -> None:
        self.write("dexter.toml", text)

    def kernel(self, config: str = "DUMBVM") -> Path:
        """Where the kernel of a configuration is built."""
        return self.root / "kern/compile" / config / "kernel"


def logging_machine(folder: Path) -> Path:
    """A `qemu-system-mips` in `folder` that says of each boot with which string it was, in the file returned.

    It is asked for two runs of each: one without a debugger, which is not counted.
    """
    log = folder / "boots"
    log.touch()
    script = folder / "qemu-system-mips"
    script.write_text(
        "#!/bin/sh\nprevious=\nboot=\n"
        'for word; do [ "$previous" != -append ] || boot=$word; previous=$word; done\n'
        f'case " $* " in *" -gdb "*) echo "$boot" >> "{log}";; esac\n'
        f'exec {shutil.which(script.name)} "$@"\n'
    )
    script.chmod(0o755)
    return log
