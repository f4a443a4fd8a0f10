// Before the code has been accepted, no money is paid.
static int card_inside, accepted, balance = 100;

static void insert_card(void)
{
    card_inside = 1;
    accepted = 0;
}

static void accept_pin(void)
{
    accepted = 1;
}

static void pay(int amount)
{
    balance -= amount;
}

static void eject_card(void)
{
    card_inside = 0;
}

// DexVerify(Absence(Entered('pay'), before=Entered('accept_pin')))
static void serve(int pin, int amount)
{
    insert_card();
    if (pin == 4711)
        accept_pin();
    if (accepted)
        pay(amount);
    eject_card();
}

int main(void)
{
    serve(4711, 20);
    serve(4711, 30);
    return balance == 100;
}
