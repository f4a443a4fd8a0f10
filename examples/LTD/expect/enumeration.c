// A traffic light that is green stays green until it is yellow: it never turns red at once.
enum light { RED, GREEN, YELLOW };

static enum light light = RED;

// DexVerify(Henceforth(Implies(Expect('light', 'GREEN'), Weak(Expect('light', 'GREEN'), Expect('light', 'YELLOW')))))
// DexVerify(Henceforth(Implies(Expect('light', 1), Weak(Expect('light', 1), Expect('light', 2)))))
static void change(void)
{
    switch (light) {
    case RED:
        light = GREEN;
        break;
    case GREEN:
        light = YELLOW;
        break;
    case YELLOW:
        light = RED;
        break;
    }
}

int main(void)
{
    for (int i = 0; i < 7; i++)
        change();
    return 0;
}
