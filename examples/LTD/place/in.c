// While the lift is in open_door(), its motor stands still.
static int motor, floor_now, door_open;

// DexVerify(Henceforth(Implies(In('open_door'), Expect('motor', 0))))
static void open_door(void)
{
    door_open = 1;
}

static void go_to(int target)
{
    door_open = 0;
    motor = 1;
    while (floor_now != target)
        floor_now += floor_now < target ? 1 : -1;
    motor = 0;
    open_door();
}

int main(void)
{
    go_to(3);
    go_to(1);
    return !door_open;
}
