// From some step on, both files are closed and the lock is free.
static int input, output, locked;

// DexVerify(Eventually(Henceforth(And(Expect('input', 0), Expect('output', 0), Expect('locked', 0)))))
static int copy(void)
{
    locked = 1;
    input = 3;
    output = 4;
    int copied = 0;
    for (int block = 0; block < 3; block++)
        copied += 512;
    output = 0;
    input = 0;
    locked = 0;
    return copied;
}

int main(void)
{
    return copy() != 1536;
}
