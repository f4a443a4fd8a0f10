// DExTer's step order: the two lines are reached by turns, ping first.
static int ball;

static void play(int player)
{
    if (player == 0)
        ball += 1; // DexExpectStepOrder(1, 3)
    else
        ball += 10; // DexExpectStepOrder(2, 4)
}

int main(void)
{
    for (int turn = 0; turn < 4; turn++)
        play(turn % 2);
    return ball != 22;
}
