// XFAIL: the reader takes one item more than there is
// The reader must never overtake the writer; the right-hand side is an expression, read at the same step.
static int items[8];
static unsigned written, taken;

static void put(int item)
{
    items[written % 8] = item;
    written++;
}

// DexVerify(Henceforth(Expect('taken', '<=', expr('written'))))
// DexVerify(Eventually(And(In('main'), Expect('taken', expr('written - 1')))))
static int take_all(void)
{
    int sum = 0;
    while (taken <= written)
        sum += items[taken++ % 8];
    return sum;
}

int main(void)
{
    put(3);
    int first = take_all();
    put(4);
    int second = take_all();
    return first + second < 3;
}
