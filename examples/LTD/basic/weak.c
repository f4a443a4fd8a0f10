// The safe stays locked unless the right code is typed (it need never be: then it stays locked for ever).
static int code, locked = 1, wrong;

// DexVerify(Weak(Expect('locked'), Expect('code', 4711)))
static void type(int digits)
{
    code = digits;
    if (code == 4711)
        locked = 0;
    else
        wrong++;
}

int main(void)
{
    type(1111);
    type(1234);
    type(4711);
    return locked;
}
