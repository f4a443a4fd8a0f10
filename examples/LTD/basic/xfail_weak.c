// XFAIL: after three wrong codes the safe gives up and opens
// The safe must stay locked unless the right code is typed.
static int code, locked = 1, wrong;

// DexVerify(Weak(Expect('locked'), Expect('code', 4711)))
static void type(int digits)
{
    code = digits;
    if (code == 4711)
        locked = 0;
    else
        wrong++;
    if (wrong == 3)
        locked = 0;
}

int main(void)
{
    type(1111);
    type(1234);
    type(9999);
    type(4711);
    return locked;
}
