// Transfers between two accounts: a transaction that is not committed is rolled back, also when an exception ends it.
#include <cstdio>
#include <stdexcept>

static int savings = 50, current = 50;

// DexVerify(Henceforth(Implies(At(ref('throw')), Until(Not(At(ref('handler'))), Entered('Transaction::roll_back')))), name='an error is undone before it is handled')
// DexVerify(Henceforth(Implies(At(ref('begun')), Next(Until(Not(At(ref('begun'))), Either(Entered('Transaction::commit'), Entered('Transaction::roll_back')))))), name='every transaction ends')
// DexVerify(Henceforth(Not(And(Entered('Transaction::commit'), Expect('savings', '<', 0)))), name='nothing is overdrawn for good')
// DexVerify(Henceforth(Implies(At(ref('idle')), Expect('savings + current', 100))), name='no money comes or goes')
// DexVerify(Eventually(After(At(ref('throw')), Entered('Transaction::commit'))), name='both ways are taken')

class Transaction {
public:
    Transaction() : saved_savings(savings), saved_current(current) {}

    ~Transaction()
    {
        if (!committed)
            roll_back();
    }

    void commit()
    {
        committed = true;
    }

private:
    void roll_back()
    {
        savings = saved_savings;
        current = saved_current;
    }

    int saved_savings, saved_current;
    bool committed = false;
};

static void transfer(int amount)
{
    Transaction transaction;
    savings -= amount; // DexLabel('begun')
    current += amount;
    if (amount > 60)
        throw std::runtime_error("limit"); // DexLabel('throw')
    transaction.commit();
}

static void order(int amount)
{
    try {
        transfer(amount);
    } catch (const std::runtime_error &error) {
        std::printf("%s\n", error.what()); // DexLabel('handler')
    }
}

int main()
{
    order(20);
    order(70); // DexLabel('idle')
    std::puts("done");
    return 0;
}
