// XFAIL: the handler logs, and logging allocates
// Memory must never be allocated from inside the interrupt handler, however deep.
static char arena[64];
static unsigned used, ticks, pending;

static char *allocate(unsigned size)
{
    char *block = arena + used;
    used += size;
    return block;
}

static void log_tick(void)
{
    char *line = allocate(8);
    line[0] = 't';
}

// DexVerify(Henceforth(Not(And(OnStack('interrupt'), In('allocate')))))
static void interrupt(void)
{
    ticks++;
    log_tick();
}

int main(void)
{
    log_tick();
    interrupt();
    if (pending)
        log_tick();
    return ticks != 1;
}
