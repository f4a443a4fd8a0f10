// XFAIL: the first frame is rendered by the main thread
// Only the worker, the second thread, may render; the first thread never does.
#include <pthread.h>

static int frames;

// DexVerify(Henceforth(Implies(In('render'), Thread(2))))
// DexVerify(Henceforth(Implies(In('main'), Thread(1))))
static void render(void)
{
    frames++;
}

static void *worker(void *unused)
{
    render();
    render();
    return unused;
}

int main(void)
{
    pthread_t thread;
    render();
    if (pthread_create(&thread, NULL, worker, NULL) != 0)
        return 1;
    pthread_join(thread, NULL);
    return frames < 2;
}
