// XFAIL: the gate is opened one foot too early
// Before the lock is full, its upper gate must be closed all the time.
static int gate_closed = 1, level;

// DexVerify(Universality(Expect('gate_closed'), before=Expect('level', 3)))
static void fill(void)
{
    while (level < 3) {
        if (level == 2)
            gate_closed = 0;
        level++;
    }
}

int main(void)
{
    fill();
    return gate_closed;
}
