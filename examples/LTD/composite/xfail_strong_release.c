// XFAIL: the keyboard sends small letters, the handler waits for a capital: the alarm sounds for ever
// The alarm must sound up to and including the step at which somebody has acknowledged it, and somebody must.
static int alarm = 1, acknowledged;

// DexVerify(StrongRelease(Expect('acknowledged'), Expect('alarm')))
static void on_key(char key)
{
    if (key == 'A') {
        acknowledged = 1;
        alarm = 0;
    }
}

int main(void)
{
    for (const char *keys = "xya"; *keys != '\0'; keys++)
        on_key(*keys);
    return 0;
}
