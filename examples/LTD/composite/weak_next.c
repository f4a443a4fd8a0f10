// From the third floor the lift goes to the second or the fourth, if it goes on at all: it ends on the third.
static int floor_now = 1;

// DexVerify(Henceforth(Implies(Expect('floor_now', 3), WeakNext(Or(Expect('floor_now', 2), Expect('floor_now', 4))))))
static void travel(const char *buttons)
{
    for (; *buttons != '\0'; buttons++) { // DexWatch('floor_now')
        int direction = *buttons == 'u' ? 1 : -1;
        floor_now += direction;
    }
}

int main(void)
{
    travel("uuuddu");
    return floor_now < 1;
}
