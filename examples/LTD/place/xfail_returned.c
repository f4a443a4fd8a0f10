// XFAIL: an engaged number is given up, but the caller is not told
// When dial() has returned, the line must be connected.
#include <stdbool.h>

static bool connected;

// DexVerify(Henceforth(Implies(Returned('dial'), Expect('connected'))))
static void dial(int number)
{
    for (int attempt = 0; attempt < 3; attempt++) {
        bool engaged = number % 2 == 1 && attempt < 2;
        if (!engaged) {
            connected = true;
            return;
        }
        if (attempt == 0)
            return;
    }
}

int main(void)
{
    dial(5551);
    connected = false;
    dial(5552);
    return 0;
}
