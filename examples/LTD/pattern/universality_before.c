// Before the lock is full, its upper gate is closed all the time.
static int gate_closed = 1, level;

// DexVerify(Universality(Expect('gate_closed'), before=Expect('level', 3)))
static void fill(void)
{
    while (level < 3) {
        level++;
    }
    gate_closed = 0;
}

int main(void)
{
    fill();
    return gate_closed;
}
