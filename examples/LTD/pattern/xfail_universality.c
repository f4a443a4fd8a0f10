// XFAIL: the heating is only looked at every second hour
// The greenhouse must never be colder than 5 degrees.
static int temperature = 20;

// DexVerify(Universality(Expect('temperature', '>=', 5)))
static void night(int hours)
{
    for (int hour = 1; hour <= hours; hour++) {
        temperature -= 4;
        if (temperature < 9 && hour % 2 == 0)
            temperature += 12;
    }
}

int main(void)
{
    night(9);
    return temperature < 0;
}
