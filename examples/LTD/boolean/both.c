// Mail is sent only when the client is both connected and logged in.
static int connected, logged_in, sent;

// DexVerify(Henceforth(Implies(Entered('send_mail'), Both(Expect('connected'), Expect('logged_in')))))
static void send_mail(void)
{
    sent++;
}

static void lose_connection(void)
{
    connected = 0;
    logged_in = 0;
}

int main(void)
{
    connected = 1;
    logged_in = 1;
    send_mail();
    lose_connection();
    connected = 1;
    logged_in = 1;
    send_mail();
    return sent != 2;
}
