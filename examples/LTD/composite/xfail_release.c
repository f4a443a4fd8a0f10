// XFAIL: the sign is switched off just before touch-down
// The seat-belt sign must burn up to and including the step at which the plane has landed.
static int sign = 1, landed, altitude = 3;

// DexVerify(Release(Expect('landed'), Expect('sign')))
static void descend(void)
{
    while (altitude > 0)
        altitude--;
    sign = 0;
    landed = 1;
}

int main(void)
{
    descend();
    return sign;
}
