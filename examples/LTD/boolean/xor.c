// At a crossing exactly one of the two roads has green.
static int north, east = 1;

// DexVerify(Henceforth(Xor(Expect('north'), Expect('east'))))
static void change(int night)
{
    if (night)
        north = 1, east = 0;
    else
        north = !north, east = !east;
}

int main(void)
{
    for (int hour = 20; hour < 26; hour++)
        change(hour >= 23);
    return 0;
}
