// DexSources: siren.c
// The siren in the other file sounds only while there is smoke, and it does sound once.
#include "siren.h"

enum air { CLEAR, STEAM, SMOKE };

static enum air air = CLEAR;

// DexVerify(Henceforth(Implies(At('siren.c', 8), Previously(Expect('air', 'SMOKE')))))
// DexVerify(Eventually(At('siren.c', 8)))
static void smell(enum air now)
{
    air = now;
    if (air == SMOKE)
        sound_siren();
}

int main(void)
{
    smell(CLEAR);
    smell(STEAM);
    smell(SMOKE);
    return siren_count() == 0;
}
