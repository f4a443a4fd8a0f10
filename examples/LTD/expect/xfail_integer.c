// XFAIL: the shift count is off by one, so the register holds 8
// The driver must put 16 into the control register, whichever way the number is spelt.
#include <stdint.h>

static volatile uint32_t control;

// DexVerify(Eventually(Expect('control', 16)))
// DexVerify(Eventually(Expect('control', '16')))
// DexVerify(Eventually(Expect('control', '0x10')))
// DexVerify(Eventually(Expect('control', 0x10)))
// DexVerify(Eventually(Expect('control', 0b10000)))
// DexVerify(Eventually(Expect('control', 0o20)))
static void enable_channel(int channel)
{
    control |= UINT32_C(1) << (channel - 1);
}

int main(void)
{
    enable_channel(4);
    return control == 0;
}
