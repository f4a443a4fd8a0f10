// Without a DexExpectEnd any exit status is fine, so a program may use it for its own result: here 42.
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
    return average;
}
