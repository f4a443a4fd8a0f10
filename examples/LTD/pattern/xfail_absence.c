// XFAIL: a right code typed after two wrong ones counts as the third wrong one
// The machine must never swallow a card.
static int card_inside, wrong;

static void insert_card(void)
{
    card_inside = 1;
    wrong = 0;
}

// DexVerify(Absence(Entered('swallow_card')))
static void swallow_card(void)
{
    card_inside = 0;
}

static void eject_card(void)
{
    card_inside = 0;
}

static void type_code(int code)
{
    if (wrong++ == 2 || (code != 4711 && wrong == 3))
        swallow_card();
}

int main(void)
{
    insert_card();
    type_code(1111);
    type_code(1234);
    type_code(4711);
    if (card_inside)
        eject_card();
    return card_inside;
}
