// XFAIL: one of the jobs takes longer than the watchdog waits
// While the machine works, the watchdog must be fed again at most eight steps after it was fed.
static int fed, working, result;

// DexVerify(Henceforth(Implies(Both(Returned('feed'), Expect('working')), Within(8, Entered('feed')))))
static void feed(void)
{
    fed++;
}

static void job(int size)
{
    while (size-- > 0)
        result += size;
}

int main(void)
{
    working = 1;
    for (int i = 0; i < 3; i++) {
        job(i);
        feed();
    }
    working = 0;
    feed();
    return result != 1;
}
