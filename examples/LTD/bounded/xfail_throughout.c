// XFAIL: a second pedestrian does not prolong the red
// Once a pedestrian has pressed the button, the cars must see red for the next six steps at least.
static int red, left;

static void press(void)
{
    red = 1;
    left = left > 0 ? left : 3;
}

// DexVerify(Henceforth(Implies(Returned('press'), Throughout(6, Expect('red')))))
static void tick(void)
{
    if (left > 0 && --left == 0)
        red = 0;
}

int main(void)
{
    press();
    tick();
    tick();
    press();
    for (int second = 0; second < 4; second++)
        tick();
    return red;
}
