// XFAIL: the idle timer is not stopped for a customer who thinks for long
// Between putting in a card and taking it out, no advertisement may be shown.
static int card_inside, shown;

// DexVerify(Absence(Entered('advertise'), between=(Entered('insert_card'), Entered('eject_card'))))
static void insert_card(void)
{
    card_inside = 1;
}

static void eject_card(void)
{
    card_inside = 0;
}

static void advertise(void)
{
    shown++;
}

static void wait(int seconds)
{
    for (int second = 1; second <= seconds; second++)
        if (second == 3)
            advertise();
}

int main(void)
{
    for (int customer = 1; customer <= 2; customer++) {
        wait(3);
        insert_card();
        wait(customer * 2);
        eject_card();
    }
    return card_inside;
}
