// The greenhouse is never colder than 5 degrees.
static int temperature = 20;

// DexVerify(Universality(Expect('temperature', '>=', 5)))
static void night(int hours)
{
    for (int hour = 1; hour <= hours; hour++) {
        temperature -= 4;
        if (temperature < 9)
            temperature += 12;
    }
}

int main(void)
{
    night(9);
    return temperature < 0;
}
