// DExTer's list of types: a price is kept in whole cents, a rate as a double.
static long with_tax(long price, double rate)
{
    double tax = (double)price * rate; // DexExpectWatchType('rate', 'double')
    return price + (long)tax; // DexExpectWatchType('price', 'long')
}

int main(void)
{
    return with_tax(1999, 0.19) != 2378;
}
