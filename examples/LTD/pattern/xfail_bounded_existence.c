// XFAIL: the comparison lets one try too many through: a fourth call is made
// A number may be dialled three times at most.
static int calls;

// DexVerify(BoundedExistence(Entered('dial'), 3))
static int dial(int number)
{
    calls++;
    return number % 10 == 0;
}

static int call(int number)
{
    int tries = 0;
    while (tries++ <= 3)
        if (dial(number))
            return 1;
    return 0;
}

int main(void)
{
    int answered = call(5551);
    return answered || calls < 3;
}
