// XFAIL: the indices wrap one place too late: one takes the value 4, and the byte lands behind the array
// A ring buffer of four bytes, between a producer that works in bursts and a slower consumer.
// Reader and writer make the same mistake, so every byte comes out all the same; what is lost is the statistic.
#include <stdio.h>

enum { CAPACITY = 4 };

static struct {
    unsigned char data[CAPACITY];
    unsigned char high_water; // the largest count so far, for the statistics
    unsigned head, tail, count;
} ring;

// DexVerify(Henceforth(And(Expect('ring.head', '<', 4), Expect('ring.tail', '<', 4))), name='indices stay inside')
// DexVerify(Henceforth(Expect('ring.count', '<=', 4)), name='never more than it can hold')
// DexVerify(Henceforth(Expect('ring.high_water', '<=', 4)), name='the statistic is believable')
// DexVerify(ForEach('byte', Response(At(ref('stored')), Entered('deliver'))), name='every byte is delivered')
// DexVerify(ForEach('byte', Precedence(At(ref('stored')), Entered('deliver'))), name='none is invented')
// DexVerify(Henceforth(Implies(At(ref('taken')), Expect('ring.count', '>', 0))), name='none from an empty ring')

static int put(unsigned char byte)
{
    if (ring.count == CAPACITY)
        return -1;
    ring.data[ring.head] = byte; // DexLabel('stored')
    ring.head = (ring.head + 1) % (CAPACITY + 1);
    if (++ring.count > ring.high_water)
        ring.high_water = (unsigned char)ring.count;
    return 0;
}

static int get(void)
{
    if (ring.count == 0)
        return -1;
    int taken = ring.data[ring.tail]; // DexLabel('taken')
    ring.tail = (ring.tail + 1) % (CAPACITY + 1);
    ring.count--;
    return taken;
}

static void deliver(unsigned char byte)
{
    putchar(byte);
}

int main(void)
{
    const char *next = "abcdefghij";
    while (*next != '\0') {
        for (int burst = 0; burst < 3 && *next != '\0'; burst++)
            if (put((unsigned char)*next) == 0)
                next++;
        for (int taken = 0; taken < 2 && ring.count > 0; taken++)
            deliver((unsigned char)get());
    }
    while (ring.count > 0)
        deliver((unsigned char)get());
    putchar('\n');
    return 0;
}
