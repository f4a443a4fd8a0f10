// DExTer's kinds of steps: five calls are stepped into, and the loop goes back five times.
static int printed;

static void print_page(int page)
{
    printed += page;
}

// DexExpectStepKind('FUNC', 5)
// DexExpectStepKind('VERTICAL_BACKWARD', 5)
int main(void)
{
    for (int page = 1; page <= 5; page++)
        print_page(page);
    return printed == 0;
}
