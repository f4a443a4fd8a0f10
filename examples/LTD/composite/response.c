// Every request gets a reply.
static int waiting, replies;

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
    if (waiting > 0)
        reply();
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
