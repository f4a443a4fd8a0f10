// Between its two ends a critical section keeps the counter at one; outside of it nobody looks.
static int inside, total;

// DexWatch('inside', from_line=ref('begin'), to_line=ref('end'))
// DexVerify(Henceforth(Expect('inside', 1)))
static void add(int amount)
{
    inside++;
    total += amount; // DexLabel('begin')
    total += 1;
    total -= 1; // DexLabel('end')
    inside--;
}

int main(void)
{
    add(3);
    add(4);
    return total != 7;
}
