// Between start and stop of the recording, the red lamp burns all the time.
static int lamp, tape;

// DexVerify(Universality(Expect('lamp'), between=(Returned('start'), Entered('stop'))))
static void start(void)
{
    lamp = 1;
}

static void stop(void)
{
    lamp = 0;
}

static void change_tape(void)
{
    tape++;
}

int main(void)
{
    for (int take = 0; take < 2; take++) {
        start();
        change_tape();
        stop();
    }
    return tape != 2;
}
