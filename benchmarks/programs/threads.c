/* Four threads that count under a lock; its argument is the number of rounds of each, five steps each. */
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int rounds = 200;
static long counter;

static void *work(void *argument)
{
    long own = 0;
    for (int i = 0; i < rounds; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        own += counter;
        pthread_mutex_unlock(&lock);
    }
    return own ? argument : 0;
}

int main(int argc, char **argv)
{
    pthread_t threads[4];
    if (argc > 1)
        rounds = atoi(argv[1]);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], 0, work, 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], 0);
    return counter != 4 * rounds;
}
