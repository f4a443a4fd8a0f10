// When dial() has returned, the line is connected.
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
    }
}

int main(void)
{
    dial(5551);
    connected = false;
    dial(5552);
    return 0;
}
