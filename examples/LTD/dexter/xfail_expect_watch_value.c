// XFAIL: the count goes down by two when it is even
// DExTer's list of values: on these lines the count must go 3, 2, 1, 0.
static int beeps;

// DexExpectWatchValue('count', 3, 2, 1, 0, from_line=ref('loop'), to_line=ref('loop') + 1)
static void beep(int count)
{
    while (count > 0) { // DexLabel('loop')
        beeps++;
        count -= count % 2 == 0 ? 2 : 1;
    }
}

int main(void)
{
    beep(3);
    return beeps == 0;
}
