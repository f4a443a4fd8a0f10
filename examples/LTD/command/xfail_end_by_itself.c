// XFAIL: the division by zero ends the program with a signal, which is a failure if nothing else is said
// Without a DexExpectEnd any exit status is fine, but no signal.
static int average;

// DexVerify(Eventually(Expect('average', 42)))
static int mean(const int *values, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

int main(void)
{
    const int values[] = {41, 43};
    average = mean(values, 2);
    average += mean(values, 0);
    return average;
}
