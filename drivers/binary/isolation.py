"""Whether a program can depend on anything that is not known before it runs, and do anything that is missed after.

It can by the functions that it imports, or by an instruction that asks the machine; it is isolated if it has none of
these. What is not known to be harmless is not: the answer may be wrong to one side only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

_LIBRARIES = frozenset({"libc.so.6", "libm.so.6"})
_EXECUTABLE = 4  # SHF_EXECINSTR

# By what is called or read of them a program sees its arguments, its input, its environment, and its own memory. Files
# have to be opened first, other processes and threads started, clocks read: the functions for that are not here.
_HARMLESS = frozenset(  # more of them to a line than there would be of strings
    """
    __libc_start_main __cxa_finalize __gmon_start__ _ITM_deregisterTMCloneTable _ITM_registerTMCloneTable
    __stack_chk_fail __errno_location __assert_fail abort exit _Exit _exit atexit raise
    malloc calloc realloc reallocarray free aligned_alloc posix_memalign
    memcpy memmove memset memcmp memchr memrchr mempcpy memmem bcmp bzero
    strlen strnlen strcpy strncpy stpcpy stpncpy strcat strncat strcmp strncmp strcasecmp strncasecmp strchr strrchr
    strchrnul strstr strcasestr strpbrk strspn strcspn strtok strtok_r strsep strdup strndup strerror strcoll
    atoi atol atoll atof strtol strtoll strtoul strtoull strtod strtof strtold __isoc23_strtol __isoc23_strtoll
    __isoc23_strtoul __isoc23_strtoull abs labs llabs div ldiv lldiv qsort bsearch rand srand rand_r random srandom
    drand48 erand48 lrand48 nrand48 mrand48 jrand48 srand48 getenv
    __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc tolower toupper isalpha isdigit isalnum isspace isupper
    islower ispunct isprint isxdigit iscntrl isgraph isblank
    stdin stdout stderr puts putchar fputs fputc putc _IO_putc fwrite printf fprintf vprintf vfprintf sprintf snprintf
    vsprintf vsnprintf perror fflush setbuf setvbuf getchar fgets fgetc getc _IO_getc fread scanf fscanf sscanf vscanf
    vfscanf vsscanf __isoc99_scanf __isoc99_fscanf __isoc99_sscanf __isoc23_scanf __isoc23_fscanf __isoc23_sscanf
    getline getdelim ungetc feof ferror clearerr
    __printf_chk __fprintf_chk __vprintf_chk __vfprintf_chk __sprintf_chk __snprintf_chk __vsprintf_chk
    __vsnprintf_chk __memcpy_chk __memmove_chk __memset_chk __strcpy_chk __strncpy_chk __strcat_chk __strncat_chk
    __stpcpy_chk __fgets_chk __fread_chk setjmp _setjmp __sigsetjmp longjmp siglongjmp _longjmp __longjmp_chk
    sin cos tan asin acos atan atan2 sinh cosh tanh exp exp2 expm1 log log2 log10 log1p pow sqrt cbrt hypot floor ceil
    round trunc lround llround rint lrint nearbyint fabs fmod remainder modf frexp ldexp scalbn copysign fmin fmax fma
    sinf cosf tanf expf logf powf sqrtf floorf ceilf roundf truncf fabsf fmodf fminf fmaxf
    """.split()  # noqa: SIM905
)

# On x86-64: how it calls the system, and what it tells of time, chance, and the processor.
_TELLING = {
    b"\x0f\x05": "syscall",
    b"\x0f\x34": "sysenter",
    b"\xcd\x80": "int 0x80",
    b"\x0f\x31": "rdtsc",
    b"\x0f\x01\xf9": "rdtscp",
    b"\x0f\x01\xd0": "xgetbv",
    b"\x0f\xa2": "cpuid",
    **{bytes((0x0F, 0xC7, code)): "rdrand" for code in range(0xF0, 0x100)},
}


def why_not_isolated(binary: Path) -> str:
    """What a program may depend on or do besides what is known before it runs; empty if there is no such thing.

    For x86-64 with the GNU C library alone; of all else, nothing is known. Raises OSError.
    """
    with binary.open("rb") as file:
        try:
            return next(_reasons(ELFFile(file)), "")
        except ELFError as error:
            return f"it cannot be read: {error}"


def _reasons(elf: ELFFile) -> Iterator[str]:
    if elf.get_machine_arch() != "x64":
        yield f"its instructions are those of {elf.get_machine_arch()}, which are not known here"
        return
    dynamic = next((section for section in elf.iter_sections() if isinstance(section, DynamicSection)), None)
    if dynamic is None:
        yield "it is linked statically"
        return
    for tag in dynamic.iter_tags():
        library = getattr(tag, "needed", None)
        if library is not None and library not in _LIBRARIES:
            yield f"it uses {library}"
        if tag.entry.d_tag in {"DT_RPATH", "DT_RUNPATH", "DT_AUDIT", "DT_DEPAUDIT"}:
            yield "it says where its libraries are"
    symbols = elf.get_section_by_name(".dynsym")
    if not isinstance(symbols, SymbolTableSection):
        yield "what it imports is not known"
        return
    for symbol in symbols.iter_symbols():
        name = symbol.name.partition("@")[0]
        # A copy of a library's variable is defined here.
        is_copy = symbol["st_info"]["type"] == "STT_OBJECT"
        if name and (symbol["st_shndx"] == "SHN_UNDEF" or is_copy) and name not in _HARMLESS:
            yield f"it uses {name}"
    for section in elf.iter_sections():
        if section["sh_flags"] & _EXECUTABLE:
            code = section.data()
            for pattern, instruction in _TELLING.items():
                if pattern in code:
                    yield f"it may have the instruction {instruction}"
