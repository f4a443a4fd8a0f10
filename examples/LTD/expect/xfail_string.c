// XFAIL: the copy is one character short, so the name in the session is "grac"
// The user must be stored under the full name, and the answer become "granted".
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
    size_t length = strlen(name) - 1;
    memcpy(session.user, name, length);
    if (strncmp(session.user, name, length) == 0)
        session.answer = "granted";
    puts(session.answer);
    return 0;
}
