// XFAIL: the update forgets the check sum of the second half
// The check sum must fit the data at every step, but for those of the update itself, which are not recorded.
static int data[2], sum;

// DexContinue(from_line=ref('begin'), to_line=ref('end'))
// DexVerify(Henceforth(Expect('sum', expr('data[0] + data[1]'))))
// DexVerify(Eventually(Expect('sum', '>', 0)))
static void update(int value)
{
    int old = sum; // DexLabel('begin')
    sum -= data[0];
    data[0] = value;
    sum += value;
    data[1] = value / 2;
    old = sum - old; // DexLabel('end')
    (void)old;
}

int main(void)
{
    update(10);
    update(7);
    return sum == 0;
}
