// A page is printed only when the printer has warmed up at some time before.
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
    (void)draft;
    if (!warm)
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
