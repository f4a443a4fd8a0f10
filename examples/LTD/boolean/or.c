// A parcel is always in one of three places: the depot, the van or the house.
enum place { NOWHERE, DEPOT, VAN, HOUSE };

static enum place parcel = DEPOT;

// DexVerify(Henceforth(Or(Expect('parcel', 'DEPOT'), Expect('parcel', 'VAN'), Expect('parcel', 'HOUSE'))))
static void deliver(void)
{
    parcel = VAN;
    for (int street = 0; street < 3; street++)
        continue;
    parcel = HOUSE;
}

int main(void)
{
    deliver();
    return parcel != HOUSE;
}
