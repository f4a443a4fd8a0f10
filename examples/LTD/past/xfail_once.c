// XFAIL: a page in draft quality is printed by a cold printer
// A page must be printed only when the printer has warmed up at some time before.
#include <stdbool.h>

static bool warm;
static int pages;

static void warm_up(void)
{
    warm = true;
}

// DexVerify(Henceforth(Implies(In('print_page'), Once(In('warm_up')))))
static void print_page(void)
{
    pages++;
}

static void job(int count, bool draft)
{
    if (!warm && !draft)
        warm_up();
    for (int i = 0; i < count; i++)
        print_page();
}

int main(void)
{
    job(2, true);
    job(1, false);
    return pages != 3;
}
