// XFAIL: the two rinses are only done for more than one load of dirt
// The laundry must be rinsed at least twice.
static int water, dirt;

static void wash(void)
{
    water = 10;
    dirt = dirt > 5 ? dirt - 5 : 0;
}

static void rinse(void)
{
    water = 20;
}

static void spin(void)
{
    water = 0;
}

// DexVerify(Existence(Entered('rinse'), 2))
static void program(int soil)
{
    for (dirt = soil; dirt > 0;)
        wash();
    for (int times = 0; times < 2 && soil > 5 * times; times++)
        rinse();
    spin();
}

int main(void)
{
    program(4);
    return water;
}
