// DExTer's list of values: on these lines the count goes 3, 2, 1, 0.
static int beeps;

// DexExpectWatchValue('count', 3, 2, 1, 0, from_line=ref('loop'), to_line=ref('loop') + 1)
static void beep(int count)
{
    while (count > 0) { // DexLabel('loop')
        beeps++;
        count--;
    }
}

int main(void)
{
    beep(3);
    return beeps == 0;
}
