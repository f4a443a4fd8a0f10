"""A suite that has every outcome in it, and texts that are hard on formats."""

PROGRAMS = {
    "good.c": r"""// DexVerify(Eventually(Expect('n', 3)))
static int n;
int main(void)
{
    while (n < 3)
        n++;
    return 0;
}
""",
    "bad.c": r"""// DexVerify(Henceforth(Expect('n', '<=', 3)), name='stays, 100% "small": <always> ✓')
// DexVerify(Henceforth(Expect('n', '>=', 0)))
#include <stdio.h>
static int n;
int main(void)
{
    puts("\x1b[31mred\x1b[0m \x07 bell \xff <&>]]>");
    while (n <= 4)
        n++;
    return 0;
}
""",
    "known.c": r"""// XFAIL: counts one too far
// DexVerify(Henceforth(Expect('n', '<=', 3)))
static int n;
int main(void)
{
    while (n <= 3)
        n++;
    return 0;
}
""",
    "better.c": r"""// XFAIL: so it was once
// DexVerify(Henceforth(Expect('n', '>=', 0)))
static int n;
int main(void)
{
    n = 1;
    return 0;
}
""",
    "crash.c": r"""// DexVerify(Henceforth(Expect('n', '>=', 0)))
static int n;
int main(void)
{
    n = 1;
    *(volatile int *)0 = 1;
    return 0;
}
""",
    "endless.c": r"""// DexVerify(Eventually(Expect('n', 1)))
static volatile int n;
int main(void)
{
    for (;;)
        n = 2;
}
""",
    "cut.c": r"""// DexVerify(Eventually(Expect('n', 1000)))
static int n;
int main(void)
{
    while (n < 1000)
        n++;
    return 0;
}
""",
    "broken.c": r"""// DexVerify(Eventually(Expect('n', 1)))
int main(void) { return undeclared; }
""",
    "unreadable.c": r"""// DexVerify(Henceforth(Expect('*p', 1)))
static int *p;
int main(void)
{
    p = (int *)8;
    return 0;
}
""",
    "vacuous.c": r"""// DexVerify(Henceforth(Implies(Expect('n', 7), Expect('n', 8))))
static int n;
int main(void)
{
    n = 1;
    return 0;
}
""",
    "elsewhere.c": r"""// REQUIRES: sys161
// DexVerify(Eventually(Entered('main')))
int main(void) { return 0; }
""",
    "calls.c": r"""// DexVerify(Henceforth(Not(Entered('leaf'))), name='no leaf')
// DexVerify(Eventually(Returned('twice')))
static int leaf(int x)
{
    return x + 1;
}
static int twice(int x)
{
    int first = leaf(x);
    return first + leaf(first);
}
int main(void)
{
    int sum = 0;
    for (int i = 0; i < 2; i++)
        sum += twice(i);
    return sum > 100;
}
""",
}
