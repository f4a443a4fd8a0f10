// A formula may be given a name, and the name be used in several others.
static int lid_closed, pressure, minutes;

// DexProposition(Safe, Implies(Expect('pressure'), Expect('lid_closed')))
// DexProposition(Cooking, Expect('minutes', '>', 0))
// DexVerify(Henceforth(Safe))
// DexVerify(Henceforth(Implies(Cooking, Expect('lid_closed'))))
// DexVerify(Precedence(Expect('lid_closed'), Cooking))
static void cook(int time)
{
    lid_closed = 1;
    minutes = time;
    while (minutes > 0) {
        pressure = 2;
        minutes--;
    }
    pressure = 0;
    lid_closed = 0;
}

int main(void)
{
    cook(3);
    return lid_closed;
}
