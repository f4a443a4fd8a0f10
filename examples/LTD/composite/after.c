// At some step the user logs in, and logs out later.
static int user;

static void log_in(int id)
{
    user = id;
}

static void log_out(void)
{
    user = 0;
}

// DexVerify(Eventually(After(Entered('log_out'), Entered('log_in'))))
static void session(int minutes)
{
    log_in(7);
    for (int minute = 0; minute < minutes; minute++)
        if (minute == 3)
            break;
    log_out();
}

int main(void)
{
    log_out();
    session(5);
    return 0;
}
