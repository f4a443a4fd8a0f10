// XFAIL: a handler for SIGABRT swallows the signal and leaves with status 0
// A violated assertion must abort the program, and the log have been closed before.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int log_open = 1;

static void on_abort(int signal)
{
    _exit(signal == SIGABRT ? 0 : 1);
}

// DexExpectEnd('signal', 'SIGABRT')
// DexVerify(Eventually(Henceforth(Expect('log_open', 0))))
static void check(int count)
{
    if (count < 0) {
        log_open = 0;
        abort();
    }
}

int main(void)
{
    signal(SIGABRT, on_abort);
    check(1);
    check(-1);
    return 0;
}
