// The program is started with arguments, and understands them.
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
        if (strcmp(argv[i], "--level") == 0)
            level = atoi(argv[i + 1]);
    printf("level %d\n", level);
    return 0;
}
