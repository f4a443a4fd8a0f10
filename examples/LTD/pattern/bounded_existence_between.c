// Between opening and closing of the door, the bell rings once at most.
static int customers, rung;

// DexVerify(BoundedExistence(Entered('ring'), 1, between=(Entered('open_door'), Entered('close_door'))))
static void open_door(void)
{
    rung = 0;
}

static void close_door(void)
{
    rung = 1;
}

static void ring(void)
{
    rung = 1;
}

static void enter(void)
{
    customers++;
    if (!rung)
        ring();
}

int main(void)
{
    for (int day = 0; day < 2; day++) {
        open_door();
        for (int i = 0; i <= day; i++)
            enter();
        close_door();
        ring(); // the evening post
        ring();
    }
    return customers != 3;
}
