// DExTer's unreachable line: no date of this year falls into the branch for day 31 of a short month.
static int rejected;

static int length_of(int month)
{
    return month == 2 ? 28 : 30 + (month + month / 8) % 2;
}

static void enter(int day, int month)
{
    if (day == 31 && (month == 4 || month == 6))
        rejected++; // DexUnreachable()
}

int main(void)
{
    for (int month = 1; month <= 12; month++)
        enter(length_of(month), month);
    return rejected > 5;
}
