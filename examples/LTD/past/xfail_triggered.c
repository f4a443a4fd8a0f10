// XFAIL: the transmission is repeated once only, and reported even if it failed again
// In report() there must have been no error since the last reset (an error before that reset does not count).
static int errors, reports;

static void reset(void)
{
    errors = 0;
}

static void transmit(int blocks, int bad)
{
    for (int block = 1; block <= blocks; block++)
        if (block == bad)
            errors++;
}

// DexVerify(Henceforth(Implies(In('report'), Triggered(Returned('reset'), Expect('errors', 0)))))
static void report(void)
{
    reports++;
}

int main(void)
{
    int bad = 2;
    transmit(3, bad);
    if (errors != 0) {
        reset();
        transmit(3, --bad);
    }
    report();
    return reports != 1;
}
