// XFAIL: an order without a price counts as paid
// No order may be shipped before the first payment.
static int paid, shipped;

static void pay(int amount)
{
    paid += amount;
}

// DexVerify(Precedence(Entered('pay'), Entered('ship')))
static void ship(void)
{
    shipped++;
}

static void checkout(int price)
{
    if (price > 0)
        pay(price);
    if (paid >= price)
        ship();
}

int main(void)
{
    checkout(0);
    checkout(30);
    return shipped != 2;
}
