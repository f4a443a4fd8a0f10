// XFAIL: the inner loop stops one short, so the last number is never compared
// In its third round, and nothing else is recorded, this bubble sort must find the numbers in order.
static int numbers[3] = {5, 4, 1};

// DexLimitSteps('round', 3, from_line=ref('first'), to_line=ref('last'))
// DexVerify(Henceforth(Expect('numbers[0] <= numbers[1] && numbers[1] <= numbers[2]')))
// DexVerify(Henceforth(Expect('round', 3)))
static void sort(void)
{
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i + 2 < 3; i++) { // DexLabel('first')
            int small = numbers[i] < numbers[i + 1] ? numbers[i] : numbers[i + 1];
            int large = numbers[i] + numbers[i + 1] - small;
            numbers[i] = small;
            numbers[i + 1] = large; // DexLabel('last')
        }
    }
}

int main(void)
{
    sort();
    return numbers[0] > numbers[1];
}
