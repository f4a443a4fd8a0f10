// The rocket stays on its pad until the count has come to zero, and it does come to zero.
#include <stdio.h>

static int count = 3, altitude;

// DexVerify(Until(Expect('altitude', 0), Expect('count', 0)))
static void climb(void)
{
    for (int second = 0; second < 3; second++)
        altitude += 40;
}

int main(void)
{
    while (count > 0) {
        printf("%d\n", count);
        count--;
    }
    climb();
    puts("lift-off");
    return altitude != 120;
}
