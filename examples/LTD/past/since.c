// Whenever the saw runs, its guard has been closed ever since the saw was started.
static int guard_closed, running, dust;

// DexVerify(Henceforth(Implies(Expect('running'), Since(Expect('guard_closed'), In('start')))))
static void start(void)
{
    guard_closed = 1;
    running = 1;
}

static void clean(void)
{
    running = 0;
    guard_closed = 0;
    dust = 0;
    guard_closed = 1;
}

int main(void)
{
    start();
    dust = 5;
    clean();
    start();
    running = 0;
    return dust;
}
