// A label names a line, wherever it stands: when the line after 'open' is reached, 'close' is reached later.
static int handle, sum;

/* DexLabel('open', on_line=9)
   DexLabel('close', on_line=13)
   DexVerify(Henceforth(Implies(At(ref('open') + 1), Eventually(At(ref('close')))))) */
static void load(int size)
{
    handle = size + 3;
    sum += handle;
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
