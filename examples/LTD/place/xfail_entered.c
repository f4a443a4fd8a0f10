// XFAIL: release() is left out when there is nothing to do
// The lock must not be entered a second time before it has been released.
static int depth, work[3] = {4, 0, 7};

// DexVerify(Henceforth(Implies(Entered('acquire'), Next(Weak(Not(Entered('acquire')), Entered('release'))))))
static void acquire(void)
{
    depth = 1;
}

static void release(void)
{
    depth = 0;
}

static int process(int amount)
{
    acquire();
    if (amount == 0)
        return 0;
    int done = amount;
    release();
    return done;
}

int main(void)
{
    int sum = 0;
    for (int i = 0; i < 3; i++)
        sum += process(work[i]);
    return sum != 11 || depth != 0;
}
