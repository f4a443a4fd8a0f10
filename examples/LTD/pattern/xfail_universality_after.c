// XFAIL: the timer starts the motor again, since it does not ask for the emergency stop
// After the emergency stop, the motor must be off for good.
static int motor, stopped;

// DexVerify(Universality(Expect('motor', 0), after=Returned('emergency_stop')))
static void emergency_stop(void)
{
    stopped = 1;
    motor = 0;
}

static void timer(int second)
{
    motor = second % 2;
}

int main(void)
{
    for (int second = 1; second <= 6; second++) {
        timer(second);
        if (second == 4)
            emergency_stop();
    }
    return !stopped;
}
