// An event loop: callbacks are posted, also by other callbacks, and called one after the other.
#include <stdio.h>

enum { CAPACITY = 8 };

struct event {
    int id;
    void (*callback)(void);
};

static struct event queue[CAPACITY];
static int count, last_id, last_done, pressed, saved;

// DexVerify(ForEach('id', Response(At(ref('queued')), Entered('dispatch'))), name='every event is dispatched')
// DexVerify(ForEach('id', Precedence(At(ref('queued')), Entered('dispatch'))), name='and none that was not posted')
// DexVerify(ForEach('id', BoundedExistence(Entered('dispatch'), 1)), name='and none twice')
// DexVerify(Henceforth(Implies(Either(In('on_key'), In('on_save')), OnStack('dispatch'))), name='callbacks run in the loop')
// DexVerify(Henceforth(And(Expect('count', '>=', 0), Expect('count', '<=', 8))), name='the queue is bounded')

static void enqueue(int id, void (*callback)(void))
{
    if (count < CAPACITY)
        queue[count++] = (struct event){id, callback}; // DexLabel('queued')
}

static void post(void (*callback)(void))
{
    enqueue(++last_id, callback);
}

static void on_save(void)
{
    saved = pressed;
}

static void on_key(void)
{
    if (++pressed == 2)
        post(on_save);
}

static void dispatch(int id, void (*callback)(void))
{
    callback();
    last_done = id;
}

static void run(void)
{
    while (count > 0) {
        int batch = count;
        for (int i = 0; i < batch; i++)
            dispatch(queue[i].id, queue[i].callback);
        for (int i = batch; i < count; i++)
            queue[i - batch] = queue[i];
        count -= batch;
    }
}

int main(void)
{
    post(on_key);
    post(on_key);
    run();
    printf("pressed %d times\n", pressed);
    return last_done < 2 || saved > pressed;
}
