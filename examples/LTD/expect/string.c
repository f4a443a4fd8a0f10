// The user is stored under the full name, and the answer becomes "granted".
#include <stdio.h>
#include <string.h>

struct session {
    char user[16];
    const char *answer;
};

int main(void)
{
    struct session session = {.user = "", .answer = "denied"};
    const char *name = "grace";
    // DexVerify(Eventually(Expect('session.answer', 'granted')))
    // DexVerify(Eventually(And(Expect('session.user', 'grace'), Expect('session.answer', 'denied'))))
    size_t length = strlen(name);
    memcpy(session.user, name, length);
    if (strncmp(session.user, name, length) == 0)
        session.answer = "granted";
    puts(session.answer);
    return 0;
}
