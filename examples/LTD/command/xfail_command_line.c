// XFAIL: the number is read from the option itself, not from the argument behind it
// The program is started with arguments, and must understand them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// DexCommandLine(['--level', '3', 'two words'])
// DexVerify(Eventually(Expect('argc', 4)))
// DexVerify(Eventually(Expect('argv[3]', 'two words')))
// DexVerify(Eventually(Expect('level', 3)))
int main(int argc, char *argv[])
{
    int level = 0;
    for (int i = 1; i + 1 < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0)
            level = atoi(argv[i]);
    printf("level %d\n", level);
    return 0;
}
