// If the boiler is hot, its valve is open.
static int temperature = 95, valve_open;

// DexVerify(Henceforth(Implies(Expect('temperature', '>=', 100), Expect('valve_open'))))
static void heat(void)
{
    if (temperature + 1 >= 100)
        valve_open = 1;
    temperature++;
}

int main(void)
{
    for (int minute = 0; minute < 8; minute++)
        heat();
    return !valve_open;
}
