// The car never goes faster than its limiter allows.
static int speed;

// DexVerify(Henceforth(Expect('speed', '<=', 120)))
static void accelerate(int notch)
{
    if (speed + notch <= 120)
        speed += notch;
}

int main(void)
{
    for (int second = 0; second < 10; second++)
        accelerate(20);
    return speed == 0;
}
