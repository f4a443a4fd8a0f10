// XFAIL: the price has become a float, which cannot hold every cent
// DExTer's list of types: a price must be kept in whole cents, a rate as a double.
static long with_tax(float price, double rate)
{
    double tax = (double)price * rate; // DexExpectWatchType('rate', 'double')
    return (long)price + (long)tax; // DexExpectWatchType('price', 'long')
}

int main(void)
{
    return with_tax(1999, 0.19) != 2378;
}
