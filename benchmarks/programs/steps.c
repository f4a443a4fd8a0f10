/* A program of as many steps as wanted (its argument is the number of rounds, about 42 steps each): a queue that is
   filled and emptied through a few layers of calls, as small programs are. No library is called on the way. */
#include <stdlib.h>

struct queue { int items[8]; int head, count; };

static struct queue queue;
static long total;

static int wrap(int place)
{
    if (place >= 8)
        place -= 8;
    return place;
}

static int put(struct queue *q, int item)
{
    int tail = wrap(q->head + q->count);
    q->items[tail] = item;
    q->count++;
    return q->count;
}

static int get(struct queue *q)
{
    int item = q->items[q->head];
    q->head = wrap(q->head + 1);
    q->count--;
    return item;
}

static void round_of(int number)
{
    put(&queue, number);
    put(&queue, number + 1);
    total += get(&queue);
    total -= get(&queue);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 200;
    for (int i = 0; i < rounds; i++)
        round_of(i);
    return total != -rounds;
}
