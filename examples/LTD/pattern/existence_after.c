// After the washing, the laundry is spun.
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

// DexVerify(Existence(Entered('spin'), after=Entered('wash')))
static void program(int soil)
{
    dirt = soil;
    spin();
    wash();
    rinse();
    spin();
}

int main(void)
{
    program(4);
    return water;
}
