// XFAIL: the lower bound is moved past the middle even when the middle was the root
// Only square_root() is recorded: there the lower bound must never pass the root.
static int square_root(int n)
{
    int low = 0, high = n;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (middle * middle <= n)
            low = middle + (middle * middle == n);
        else
            high = middle - 1;
    }
    return low * low > n ? low - 1 : low;
}

// DexStepFunction('square_root')
// DexVerify(Henceforth(In('square_root')))
// DexVerify(Henceforth(Expect('low * low', '<=', expr('n'))))
int main(void)
{
    int low = 9, n = 16;
    low = square_root(n) - low;
    return low != -5;
}
