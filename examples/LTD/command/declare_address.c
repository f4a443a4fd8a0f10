// The cursor starts at the buffer's beginning, wherever that is, and ends five characters behind it.
#include <stdio.h>
#include <stdlib.h>

static char *cursor;

static void write_text(const char *text)
{
    while (*text != '\0')
        *cursor++ = *text++;
    *cursor = '\0';
}

// DexDeclareAddress('start', 'buffer', on_line=ref('allocated'))
// DexVerify(Henceforth(Implies(At(ref('allocated') + 1), Expect('cursor', address('start')))))
// DexVerify(Henceforth(Implies(At(ref('written')), Expect('cursor', address('start', 5)))))
int main(void)
{
    char *buffer = malloc(16);
    if (buffer == NULL)
        return 1;
    cursor = buffer; // DexLabel('allocated')
    write_text("hello");
    puts(buffer); // DexLabel('written')
    free(buffer);
    return 0;
}
