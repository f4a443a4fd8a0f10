// The heater runs at night or when it is cold, and for no other reason.
static int night = 1, cold, heater;

// DexVerify(Henceforth(Implies(Expect('heater'), Either(Expect('night'), Expect('cold')))))
static void day(void)
{
    heater = 1;
    cold = 1;
    night = 0;
    heater = 0;
    cold = 0;
}

int main(void)
{
    day();
    cold = 1;
    heater = 1;
    return 0;
}
