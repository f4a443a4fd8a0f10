// XFAIL: the limiter looks at the speed before it is raised, so it is passed by one notch
// The car must never go faster than its limiter allows.
static int speed;

// DexVerify(Henceforth(Expect('speed', '<=', 120)))
static void accelerate(int notch)
{
    if (speed <= 120)
        speed += notch;
}

int main(void)
{
    for (int second = 0; second < 10; second++)
        accelerate(20);
    return speed == 0;
}
