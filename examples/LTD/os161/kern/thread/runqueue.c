/* The run queues, one for each priority. They are used with interrupts off.
 *
 * DexCommandLine(['tt1;tt3;q'])
 * DexVerify(ForEach('t', Henceforth(Implies(At(ref('added')), WeakNext(Weak(Not(At(ref('added'))),
 *                                           Or(At(ref('taken off')), At(ref('next')))))))),
 *           name='a thread is on one run queue at most')
 * DexVerify(ForEach('t', Precedence(At(ref('added')), At(ref('next')))), name='who runs was on a run queue')
 */
#include <lib.h>
#include <thread.h>

struct runqueue runqueues[PRIORITIES];
volatile unsigned runqueue_count;

void
runqueue_add(struct thread *t)
{
	struct runqueue *rq = &runqueues[t->t_priority];

	KASSERT(rq->rq_count < MAX_THREADS);
	rq->rq_threads[(rq->rq_first + rq->rq_count++) % MAX_THREADS] = t;
	runqueue_count++; // DexLabel('added')
}

/* Takes a thread off the queue of its priority, wherever it stands there; the others keep their order. */
void
runqueue_remove(struct thread *t)
{
	struct runqueue *rq = &runqueues[t->t_priority];
	unsigned kept = 0;

	for (unsigned i = 0; i < rq->rq_count; i++) {
		struct thread *other = rq->rq_threads[(rq->rq_first + i) % MAX_THREADS];

		if (other != t)
			rq->rq_threads[(rq->rq_first + kept++) % MAX_THREADS] = other;
	}
	runqueue_count -= rq->rq_count - kept;
	rq->rq_count = kept; // DexLabel('taken off')
}

/* Takes the thread off that should run next; NULL when there is none. Whoever is no longer ready is passed over. */
struct thread *
runqueue_next(void)
{
	for (unsigned priority = 0; priority < PRIORITIES; priority++) {
		struct runqueue *rq = &runqueues[priority];

		while (rq->rq_count > 0) {
			struct thread *t = rq->rq_threads[rq->rq_first];

			rq->rq_first = (rq->rq_first + 1) % MAX_THREADS;
			rq->rq_count--;
			runqueue_count--; // DexLabel('next')
			if (t->t_state == S_READY)
				return t;
		}
	}
	return NULL;
}
