// XFAIL: after an even number of washes the programme ends without spinning
// The laundry must be spun at some time.
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

// DexVerify(Existence(Entered('spin')))
static void program(int soil)
{
    int washes = 0;
    for (dirt = soil; dirt > 0; washes++)
        wash();
    rinse();
    if (washes % 2 == 1)
        spin();
    else
        water = 0;
}

int main(void)
{
    program(7);
    return water;
}
