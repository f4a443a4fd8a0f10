// XFAIL: the brake is also pulled for a reading of exactly the safe distance
// The brake must be entered only when the sensor saw an obstacle at the step before.
static int speed = 50;

// DexVerify(Henceforth(Implies(Entered('brake'), Previously(At(ref('obstacle'))))))
static void brake(void)
{
    speed /= 2;
}

static void look(int distance)
{
    if (distance == 100)
        brake();
    if (distance < 100)
        brake(); // DexLabel('obstacle')
}

int main(void)
{
    const int distances[] = {300, 100, 60, 20, 150};
    for (int i = 0; i < 5; i++)
        look(distances[i]);
    return speed == 50;
}
