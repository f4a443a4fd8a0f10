// XFAIL: only the fouls of the last round are counted
// When the bonus is paid, there must never have been a foul so far.
static int fouls, bonus;

// DexVerify(Henceforth(Implies(Entered('pay_bonus'), Historically(Expect('fouls', 0)))))
static void pay_bonus(void)
{
    bonus += 100;
}

static void play(int rounds, int foul_in)
{
    for (int round = 1; round <= rounds; round++) {
        fouls = 0;
        if (round == foul_in)
            fouls++;
    }
    if (fouls == 0)
        pay_bonus();
}

int main(void)
{
    play(2, 0);
    play(3, 2);
    return bonus == 0;
}
