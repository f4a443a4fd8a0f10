// XFAIL: an empty file is left open
// A label names a line, wherever it stands: when the line after 'open' is reached, 'close' must be reached later.
static int handle, sum;

/* DexLabel('open', on_line=10)
   DexLabel('close', on_line=16)
   DexVerify(Henceforth(Implies(At(ref('open') + 1), Eventually(At(ref('close')))))) */
static void load(int size)
{
    handle = size + 3;
    sum += handle;
    if (size == 0)
        return;
    for (int i = 0; i < size; i++)
        sum += i;
    handle = 0;
}

int main(void)
{
    load(2);
    load(0);
    return sum < 0;
}
