// One step after the button has been pressed, the lamp burns.
#include <stdbool.h>

static bool lamp, relay_ready = true;

// DexVerify(Henceforth(Implies(At(ref('press')), Next(Expect('lamp')))))
static void blink(void)
{
    lamp = relay_ready; // DexLabel('press')
    relay_ready = false;
    lamp = false;
    relay_ready = true;
}

int main(void)
{
    blink();
    blink();
    return lamp;
}
