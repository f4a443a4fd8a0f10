// XFAIL: a step to the north is counted as a step to the south
// The walker must end at (3, 4); a struct or array compares as the debugger shows it.
struct place {
    int x, y;
};

static struct place here;
static int visited[3];

// DexVerify(Eventually(Henceforth(Expect('here', '{x = 3, y = 4}'))))
// DexVerify(Eventually(Expect('visited', '{1, 2, 0}')))
static void walk(const char *way)
{
    for (; *way != '\0'; way++) {
        if (*way == 'e')
            here.x++;
        else
            here.y--;
    }
}

int main(void)
{
    visited[0] = 1;
    walk("enen");
    visited[1] = 2;
    walk("enn");
    visited[2] = 3;
    return here.x != 3;
}
