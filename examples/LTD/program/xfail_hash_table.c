// XFAIL: a removed slot is marked as never used, which cuts off the keys that were probed past it
// A cache of results in a hash table with open addressing: what is removed must leave a mark.
// A result that is not found is merely computed again, so the sums are right all the same.
#include <stdio.h>

enum { SLOTS = 8 };
enum slot_state { EMPTY, USED, DELETED };

static struct slot {
    enum slot_state state;
    int key, value;
} table[SLOTS];

static int used, computed;

// DexVerify(ForEach('key', Henceforth(Implies(At(ref('stored')), Next(Weak(Not(At(ref('missing'))), Entered('forget')))))), name='what is in the table is found')
// DexVerify(ForEach('key', Precedence(At(ref('stored')), At(ref('found')))), name='and what is not, is not')
// DexVerify(Henceforth(Implies(At(ref('found')), Expect('table[slot].key', expr('key')))), name='the right slot')
// DexVerify(Henceforth(Both(Expect('used', '>=', 0), Expect('used', '<', 8))), name='a slot is always free, so probing ends')
// DexVerify(Henceforth(Implies(Entered('compute'), Previously(OnStack('square')))), name='computed on demand only')

static int find(int key)
{
    int slot = key % SLOTS;
    while (table[slot].state != EMPTY) {
        if (table[slot].state == USED && table[slot].key == key)
            return slot; // DexLabel('found')
        slot = (slot + 1) % SLOTS;
    }
    return -1; // DexLabel('missing')
}

static void store(int key, int value)
{
    int slot = key % SLOTS;
    while (table[slot].state == USED)
        slot = (slot + 1) % SLOTS;
    table[slot] = (struct slot){USED, key, value}; // DexLabel('stored')
    used++;
}

static void forget(int key)
{
    int slot = find(key);
    if (slot < 0)
        return;
    table[slot].state = EMPTY;
    used--;
}

static int compute(int key)
{
    computed++;
    return key * key;
}

static int square(int key)
{
    int slot = find(key);
    if (slot >= 0)
        return table[slot].value;
    int value = compute(key);
    store(key, value);
    return value;
}

int main(void)
{
    int sum = square(3) + square(11) + square(4) + square(12);
    forget(3);
    sum += square(11) + square(3);
    printf("sum %d\n", sum);
    return computed < 5;
}
