// XFAIL: account 2 is never closed, but account 3 twice, so the totals agree
// Every account that is opened must be closed again: each is judged by itself.
static int opened, closed;

static void open_account(int id)
{
    opened += id > 0;
}

static void close_account(int id)
{
    closed += id > 0;
}

// DexVerify(ForEach('id', Response(Entered('open_account'), Entered('close_account'))))
int main(void)
{
    open_account(1);
    open_account(2);
    close_account(1);
    open_account(3);
    close_account(3);
    close_account(3);
    return opened != closed;
}
