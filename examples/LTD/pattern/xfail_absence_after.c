// XFAIL: the alarm blocks the keyboard, but a payment that is already under way goes on
// After an alarm, no money may be paid any more.
static int blocked, balance = 100;

static void alarm(void)
{
    blocked = 1;
}

// DexVerify(Absence(Entered('pay'), after=Entered('alarm')))
static void pay(int amount)
{
    balance -= amount;
}

static void serve(int amount, int shock)
{
    if (blocked)
        return;
    if (shock)
        alarm();
    pay(amount);
}

int main(void)
{
    serve(20, 0);
    serve(30, 1);
    serve(40, 0);
    return !blocked;
}
