// The microwave never heats while its door is open.
static int heating, door_open;

static void open_door(void)
{
    heating = 0;
    door_open = 1;
}

// DexVerify(Henceforth(Not(And(Expect('heating'), Expect('door_open')))))
static void start(void)
{
    door_open = 0;
    heating = 1;
}

int main(void)
{
    open_door();
    start();
    open_door();
    return heating;
}
