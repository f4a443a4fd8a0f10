#ifndef THREAD_H
#define THREAD_H

#include <types.h>
#include <spl.h>
#include <spinlock.h>
#include <mips/stack.h>

#define THREAD_NAME_SIZE 16
#define MAX_THREADS 16

#define PRIORITY_HIGH 0
#define PRIORITY_LOW 1
#define PRIORITIES 2

struct wchan;

typedef enum {
	S_NEW,		/* being made */
	S_READY,	/* on a run queue */
	S_RUN,		/* running */
	S_SLEEP,	/* on a wait channel */
	S_ZOMBIE,	/* has exited, and waits for the next thread to free it */
} threadstate_t;

struct thread {
	char t_name[THREAD_NAME_SIZE];
	unsigned t_id;			/* never used again */
	threadstate_t t_state;
	const char *t_wchan_name;	/* what it sleeps on, or NULL */
	uint32_t *t_stack;		/* page-aligned */
	void *t_context;		/* stack pointer while it does not run */
	struct thread *t_next;		/* on a wait channel, or among the zombies */
	int t_priority;
	int t_curspl;			/* its interrupt level */
	int t_iplhigh_count;		/* how often it was raised */
	bool t_in_interrupt;
	void (*t_entry)(void *data, unsigned long number);
	void *t_data;
	unsigned long t_number;
};

struct cpu {
	unsigned c_spinlocks;		/* held */
	unsigned c_hardclocks;		/* timer interrupts so far */
	bool c_isidle;
};

/* A first-in first-out queue of threads without links, so that a thread can be looked for on all queues. */
struct runqueue {
	struct thread *rq_threads[MAX_THREADS];
	unsigned rq_first;
	unsigned rq_count;
};

struct threadlist {
	struct thread *tl_head;
	struct thread **tl_tail;
};

extern struct thread *curthread;
extern struct cpu *curcpu;
extern struct runqueue runqueues[PRIORITIES];
extern volatile unsigned runqueue_count;	/* of threads on all of them */

extern uint32_t bootstack[];		/* arch/mips/start.S */

/* thread.c. thread_fork returns 0, or -1 when there is no memory or no room for another thread. */
void thread_bootstrap(void);
int thread_fork(const char *name, void (*entry)(void *, unsigned long), void *data, unsigned long number,
		struct thread **made);
void thread_exit(void) __attribute__((noreturn));
void thread_yield(void);
void thread_sleep(struct wchan *wc, struct spinlock *lk);
void thread_make_runnable(struct thread *t);
void thread_setpriority(struct thread *t, int priority);
void thread_startup(void) __attribute__((noreturn));

/* runqueue.c: with interrupts off. */
void runqueue_add(struct thread *t);
void runqueue_remove(struct thread *t);
struct thread *runqueue_next(void);

/* threadlist.c */
void threadlist_init(struct threadlist *list);
void threadlist_addtail(struct threadlist *list, struct thread *t);
void threadlist_addhead(struct threadlist *list, struct thread *t);
struct thread *threadlist_remhead(struct threadlist *list);

/* arch/mips/switch.S: saves the registers here, and goes on where the other context left. */
void switchframe_switch(void **save, void **load);
void *switchframe_init(uint32_t *stack);

#endif
