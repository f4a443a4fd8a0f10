// Before the first spinning, the laundry is rinsed.
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

// DexVerify(Existence(Entered('rinse'), before=Entered('spin')))
static void program(int soil)
{
    for (dirt = soil; dirt > 0;)
        wash();
    rinse();
    spin();
}

int main(void)
{
    program(4);
    return water;
}
