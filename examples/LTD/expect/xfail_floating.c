// XFAIL: the loop stops while the corrections are still as large as 0.01
// Heron's method must come to the square root of 2, right to six digits, and stay there.
#include <stdio.h>

int main(void)
{
    double root = 2.0;
    double correction = 1.0;
    // DexVerify(Eventually(Henceforth(Expect('root', 1.414214 +- 0.000001))))
    while (correction > 0.01) {
        double better = (root + 2.0 / root) / 2.0;
        correction = root - better;
        root = better;
    }
    printf("%.2f\n", root);
    return 0;
}
