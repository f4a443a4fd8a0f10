// XFAIL: the heater is still on at six, when the night is over and it is warm
// The heater must run at night or when it is cold, and for no other reason.
static int night = 1, cold, heater;

// DexVerify(Henceforth(Implies(Expect('heater'), Either(Expect('night'), Expect('cold')))))
static void day(void)
{
    heater = 1;
    cold = 1;
    cold = 0;
    night = 0;
    heater = 0;
}

int main(void)
{
    day();
    return 0;
}
