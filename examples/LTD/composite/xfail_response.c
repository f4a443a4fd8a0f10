// XFAIL: the timer stops when nothing waits, and the next request does not start it again
// Every request must get a reply.
static int waiting, replies;
static int idle;

static void reply(void)
{
    waiting--;
    replies++;
}

// DexVerify(Response(Entered('request'), Entered('reply')))
static void request(void)
{
    waiting++;
}

static void tick(void)
{
    if (idle)
        return;
    if (waiting > 0)
        reply();
    else
        idle = 1;
}

int main(void)
{
    for (const char *events = "rtrtttrt"; *events != '\0'; events++)
        if (*events == 'r')
            request();
        else
            tick();
    return replies == 0;
}
