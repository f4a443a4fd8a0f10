/* The commands about this file stand in declare_file.dex: the source itself says nothing of them. */
static int wanted = 21, heating, temperature = 18;

static void regulate(void)
{
    heating = temperature < wanted;
    temperature += heating ? 1 : -1;
}

int main(void)
{
    for (int minute = 0; minute < 6; minute++)
        regulate();
    return temperature < 15;
}
