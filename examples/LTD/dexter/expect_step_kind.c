// DExTer's kinds of steps: six functions are entered, main() and five times print_page(), and the loop goes back five times.
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
        print_page(page);
    return printed == 0;
}
