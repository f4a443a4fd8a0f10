// The seat-belt sign burns up to and including the step at which the plane has landed.
static int sign = 1, landed, altitude = 3;

// DexVerify(Release(Expect('landed'), Expect('sign')))
static void descend(void)
{
    while (altitude > 0)
        altitude--;
    landed = 1;
    sign = 0;
}

int main(void)
{
    descend();
    return sign;
}
