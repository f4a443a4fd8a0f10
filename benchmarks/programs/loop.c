/* A tight loop over three locals; its argument is the number of rounds, three steps each. */
#include <stdlib.h>

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 200;
    long sum = 0;
    unsigned last = 0;
    for (int i = 0; i < rounds; i++) {
        sum += i;
        last = last * 5 + i % 7;
    }
    return sum < last;
}
