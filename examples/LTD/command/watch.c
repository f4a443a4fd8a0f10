// Coins move one by one between two purses. At the head of the loop no coin is in the air; only there is looked.
static int left = 7, right = 3;

// DexVerify(Henceforth(Expect('left + right', 10)))
static void move(int coins)
{
    for (int i = 0; i < coins; i++) { // DexWatch('left + right')
        left--;
        right++;
    }
}

int main(void)
{
    move(3);
    return left != 4;
}
