// The alarm sounds up to and including the step at which somebody has acknowledged it, and somebody does.
static int alarm = 1, acknowledged;

// DexVerify(StrongRelease(Expect('acknowledged'), Expect('alarm')))
static void on_key(char key)
{
    if (key == 'a') {
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
