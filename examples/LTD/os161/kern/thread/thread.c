/* Threads: how they are made, how the cpu goes from one to the next, how they end.
 *
 * DexCommandLine(['tt1;tt2;tt3;ck;q'])
 *
 * DexVerify(Henceforth(Implies(At(ref('switch')), Expect('curthread->t_curspl', 1))),
 *           name='interrupts are off when the cpu switches threads')
 * DexVerify(Henceforth(Implies(At(ref('switch')), Expect('curcpu->c_spinlocks', 0))),
 *           name='no spinlock is held when the cpu switches threads')
 * DexVerify(Henceforth(Implies(At(ref('idle')), Expect('runqueue_count', 0))),
 *           name='the cpu is idle only when nobody is ready')
 * DexVerify(Henceforth(Implies(At(ref('chosen')), Expect('t->t_state', 'S_READY'))), name='only who is ready runs')
 * DexVerify(Henceforth(Implies(At(ref('made')), Expect('t->t_state', 'S_READY'))), name='a new thread is ready')
 * DexVerify(ForEach('t', Response(At(ref('ready')), At(ref('chosen')))), name='who is ready comes to run')
 * DexVerify(ForEach('curthread->t_id', Henceforth(Implies(At(ref('gone')), Henceforth(OnStack('thread_exit'))))),
 *           name='who has exited never runs again')
 * DexVerify(Henceforth(Expect('curthread->t_stack[0]', 0x5afe57ac)), name='no stack overflows')
 */
#include <lib.h>
#include <spl.h>
#include <thread.h>
#include <wchan.h>
#include <machine.h>
#include "opt-bug_spl.h"
#include "opt-bug_runqueue.h"

static struct thread boot_thread = {
	.t_name = "menu", .t_state = S_RUN, .t_priority = PRIORITY_LOW,
	.t_stack = bootstack,
};
static struct cpu boot_cpu;

struct thread *curthread = &boot_thread;
struct cpu *curcpu = &boot_cpu;

static struct threadlist zombies;
static unsigned thread_count = 1, last_id;

void
thread_bootstrap(void)
{
	threadlist_init(&zombies);
	boot_thread.t_curspl = IPL_HIGH;
	boot_thread.t_iplhigh_count = 1;
}

static struct thread *
thread_create(const char *name)
{
	struct thread *t = kmalloc(sizeof *t);

	if (t == NULL)
		return NULL;
	memset(t, 0, sizeof *t);
	t->t_stack = kmalloc(STACK_SIZE);
	if (t->t_stack == NULL) {
		kfree(t);
		return NULL;
	}
	t->t_stack[0] = STACK_MAGIC;
	t->t_id = ++last_id;
	KASSERT(strlen(name) < THREAD_NAME_SIZE);
	strcpy(t->t_name, name);
	t->t_state = S_NEW;
	return t;
}

int
thread_fork(const char *name, void (*entry)(void *, unsigned long), void *data, unsigned long number,
	    struct thread **made)
{
	struct thread *t;
	int spl;

	if (thread_count == MAX_THREADS)
		return -1;
	t = thread_create(name);
	if (t == NULL)
		return -1;
	t->t_entry = entry;
	t->t_data = data;
	t->t_number = number;
	t->t_priority = PRIORITY_LOW;
	t->t_curspl = IPL_HIGH;		/* as in thread_switch, out of which it comes */
	t->t_iplhigh_count = 1;
	t->t_context = switchframe_init(t->t_stack);
	spl = splhigh();
	thread_count++;
	thread_make_runnable(t);
	if (made != NULL)
		*made = t;
	splx(spl); // DexLabel('made')
	return 0;
}

void
thread_make_runnable(struct thread *t)
{
	KASSERT(curthread->t_curspl == IPL_HIGH);
	t->t_state = S_READY;
	runqueue_add(t); // DexLabel('ready')
}

/* Frees the threads that have exited: each one's stack was in use until the next thread ran. */
static void
free_zombies(void)
{
	struct thread *z;

	while ((z = threadlist_remhead(&zombies)) != NULL) {
		thread_count--;
		kfree(z->t_stack);
		kfree(z);
	}
}

/* Gives the cpu to the next thread, and comes back when this one is run again. With interrupts off. */
static void
thread_switch(void)
{
	struct thread *from = curthread, *t;

	KASSERT(curcpu->c_spinlocks == 0);
	t = runqueue_next();
	while (t == NULL) {
		curcpu->c_isidle = true;
		cpu_idle(); // DexLabel('idle')
		curcpu->c_isidle = false;
		t = runqueue_next();
	}
	t->t_state = S_RUN; // DexLabel('chosen')
	curthread = t;
	switchframe_switch(&from->t_context, &t->t_context); // DexLabel('switch')
	free_zombies();
}

void
thread_yield(void)
{
	int spl = splhigh();

	if (runqueue_count > 0) {
		thread_make_runnable(curthread);
		thread_switch();
	}
	splx(spl);
}

/* For wchan_sleep. The spinlock keeps others from waking this thread before it sleeps. */
void
thread_sleep(struct wchan *wc, struct spinlock *lk)
{
	splraise(IPL_NONE, IPL_HIGH);
	curthread->t_state = S_SLEEP;
	wchan_add(wc, curthread);
	spinlock_release(lk);
	thread_switch();
	spllower(IPL_HIGH, IPL_NONE);
}

void
thread_exit(void)
{
	splhigh();
	curthread->t_state = S_ZOMBIE;
	threadlist_addtail(&zombies, curthread); // DexLabel('gone')
	thread_switch();
	panic("A thread that had exited was run again");
}

/* The first C function of a new thread. */
void
thread_startup(void)
{
	free_zombies();
	spllower(IPL_HIGH, IPL_NONE);
	curthread->t_entry(curthread->t_data, curthread->t_number);
	thread_exit();
}

void
thread_setpriority(struct thread *t, int priority)
{
	int spl = splhigh();

#if OPT_BUG_SPL
	if (t->t_priority == priority)
		return;
#endif
#if !OPT_BUG_RUNQUEUE
	if (t->t_state == S_READY)
		runqueue_remove(t);
#endif
	t->t_priority = priority;
	if (t->t_state == S_READY)
		runqueue_add(t);
	splx(spl);
}
