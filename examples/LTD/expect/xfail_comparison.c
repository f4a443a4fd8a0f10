// XFAIL: the pump is switched off one stroke too late, at level 105
// The tank must never run dry or overflow, and the pump must stop with more than half of it filled.
#include <stdio.h>

enum { CAPACITY = 100 };

static int level = 30;

// DexVerify(Henceforth(And(Expect('level', '>', 0), Expect('level', '<=', 100))))
// DexVerify(Henceforth(Implies(Returned('fill'), Expect('level', '>=', 50))))
// DexVerify(And(Expect('level', '<', 50), Expect('level', '!=', 0)))
static void fill(int stroke)
{
    while (level < CAPACITY)
        level += stroke;
}

int main(void)
{
    fill(15);
    puts("filled");
    return 0;
}
