// The menu accepts the letter 'q' in the end; a char constant may be written as a letter or as its code.
#include <stdio.h>

int main(void)
{
    const char *typed = "ls\nq\n";
    char choice = '\0';
    // DexVerify(Eventually(Expect('choice', "'q'")))
    // DexVerify(Eventually(Expect('choice', 113)))
    for (const char *next = typed; *next != '\0' && choice != 'q'; next++) {
        choice = *next;
        if (choice != '\n')
            printf("read %c\n", choice);
    }
    puts("bye");
    return 0;
}
