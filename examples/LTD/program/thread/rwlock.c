// A lock for many readers or one writer that lets no reader in while a writer waits, so no writer starves.
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int readers, writers, waiting_writers, arrived, pages;

// DexVerify(Henceforth(Expect('writers == 0 || (writers == 1 && readers == 0)')), name='readers or one writer')
// DexVerify(Henceforth(Implies(At(ref('let in')), Expect('waiting_writers', 0))), name='no reader overtakes a writer')
// DexVerify(Response(Expect('waiting_writers', '>', 0), In('finish_writing')), name='a writer that waits gets its turn')
// DexVerify(Henceforth(Implies(At(ref('print')), Expect('writers', 1))), name='printed by a writer')
// DexVerify(Precedence(Entered('finish_reading'), At(ref('print'))), name='after the first reader has left')

static void start_reading(void)
{
    pthread_mutex_lock(&mutex);
    arrived++;
    pthread_cond_broadcast(&changed);
    while (writers > 0 || waiting_writers > 0)
        pthread_cond_wait(&changed, &mutex);
    readers++; // DexLabel('let in')
    pthread_mutex_unlock(&mutex);
}

static void finish_reading(void)
{
    pthread_mutex_lock(&mutex);
    readers--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void start_writing(void)
{
    pthread_mutex_lock(&mutex);
    waiting_writers++;
    arrived++;
    pthread_cond_broadcast(&changed);
    while (writers > 0 || readers > 0)
        pthread_cond_wait(&changed, &mutex);
    waiting_writers--, writers++;
    pthread_mutex_unlock(&mutex);
}

static void finish_writing(void)
{
    pthread_mutex_lock(&mutex);
    writers--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_for_arrivals(int count)
{
    pthread_mutex_lock(&mutex);
    while (arrived < count)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static void *writer(void *unused)
{
    start_writing();
    pages++; // DexLabel('print')
    finish_writing();
    return unused;
}

static void *reader(void *unused)
{
    start_reading();
    finish_reading();
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    start_reading(); // the writer finds us reading, and the second reader finds the writer waiting
    if (pthread_create(&threads[0], NULL, writer, NULL) != 0)
        return 1;
    wait_for_arrivals(2);
    if (pthread_create(&threads[1], NULL, reader, NULL) != 0)
        return 1;
    wait_for_arrivals(3);
    finish_reading();
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%d page\n", pages);
    return 0;
}
