// XFAIL: in the night mode both roads get green
// At a crossing exactly one of the two roads must have green.
static int north, east = 1;

// DexVerify(Henceforth(Xor(Expect('north'), Expect('east'))))
static void change(int night)
{
    if (night)
        north = 1, east = 1;
    else
        north = !north, east = !east;
}

int main(void)
{
    for (int hour = 20; hour < 26; hour++)
        change(hour >= 23);
    return 0;
}
