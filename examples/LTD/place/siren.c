/* The siren of at_file.c and xfail_at_file.c. */
#include "siren.h"

static int count; // DexLabel('siren', on_line=8)

void sound_siren(void)
{
    count++;
}

int siren_count(void)
{
    return count;
}
