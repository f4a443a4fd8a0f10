// XFAIL: when the power goes, the lamp keeps burning
// The lamp must burn exactly when the power is on.
static int power, lamp;

// DexVerify(Henceforth(Iff(Expect('power'), Expect('lamp'))))
static void set(int on)
{
    power = on, lamp |= on;
}

int main(void)
{
    set(1);
    set(0);
    set(1);
    return !power;
}
