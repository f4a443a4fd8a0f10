// XFAIL: the gate is opened for the right value before the coin has been found good
// A turnstile in infix notation: the gate must be closed until a good coin is in, and then open.
static int coin, good, gate;

// DexVerify(Expect('gate', 0) until Expect('good'))
// DexVerify(not Expect('gate') weak Expect('coin', '>=', 50))
// DexVerify(always (Entered('insert') imply eventually Returned('insert')))
// DexVerify(always (At(ref('insert')) imply next Expect('coin', '>', 0)))
// DexVerify(eventually (Expect('good') and Expect('gate')))
// DexVerify(always (Expect('good') or not Expect('gate')))
// DexVerify(eventually always (Expect('gate') equivalent Expect('good')))
static void insert(int value)
{
    coin = value; // DexLabel('insert')
    gate = coin == 50;
    if (coin == 50)
        good = 1;
}

int main(void)
{
    insert(20);
    insert(50);
    gate = good;
    return !gate;
}
