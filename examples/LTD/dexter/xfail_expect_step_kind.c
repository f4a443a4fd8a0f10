// XFAIL: the loop leaves out the fourth page
// DExTer's kinds of steps: six functions must be entered, main() and five times print_page(), and the loop go back five times.
static int printed;

static void print_page(int page)
{
    printed += page;
}

// DexExpectStepKind('FUNC', 6)
// DexExpectStepKind('VERTICAL_BACKWARD', 5)
int main(void)
{
    for (int page = 1; page <= 5; page++)
        if (page != 4)
            print_page(page);
    return printed == 0;
}
