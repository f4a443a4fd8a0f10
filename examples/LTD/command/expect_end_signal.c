// A violated assertion aborts the program, and the log has been closed before.
#include <signal.h>
#include <stdlib.h>

static int log_open = 1;

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
    signal(SIGABRT, SIG_DFL);
    check(1);
    check(-1);
    return 0;
}
