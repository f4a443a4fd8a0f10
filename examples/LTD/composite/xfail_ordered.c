// XFAIL: the recipe is sorted by duration, so the bread is baked before the dough has rested
// The baker must mix, let the dough rest, bake and cool, in this order.
static int minutes;

static void mix(void)
{
    minutes += 10;
}

static void rest(void)
{
    minutes += 60;
}

static void bake(void)
{
    minutes += 45;
}

static void cool(void)
{
    minutes += 90;
}

// DexVerify(Eventually(Ordered(In('mix'), In('rest'), In('bake'), In('cool'))))
int main(void)
{
    void (*const recipe[])(void) = {mix, bake, rest, cool};
    for (int i = 0; i < 4; i++)
        recipe[i]();
    return minutes != 205;
}
