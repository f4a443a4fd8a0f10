// The commit is not reached before the check has been made.
#include <stdbool.h>

static int balance = 100;

// DexVerify(Weak(Not(At(ref('commit'))), At(ref('check'))))
// DexVerify(Henceforth(Implies(At(ref('commit')), Next(At(ref('commit') + 1)))))
static bool withdraw(int amount)
{
    if (amount > balance) // DexLabel('check')
        return false;
    balance -= amount; // DexLabel('commit')
    return true;
}

int main(void)
{
    bool small = withdraw(5);
    bool large = withdraw(50);
    return !(small && large);
}
