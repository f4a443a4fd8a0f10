#ifndef WCHAN_H
#define WCHAN_H

#include <types.h>

struct spinlock;
struct thread;
struct wchan;

struct wchan *wchan_create(const char *name);
void wchan_destroy(struct wchan *wc);
bool wchan_isempty(struct wchan *wc, struct spinlock *lk);

/* All with the spinlock `lk` held, which guards the channel. wchan_sleep gives it up while it sleeps. */
void wchan_sleep(struct wchan *wc, struct spinlock *lk);
struct thread *wchan_wakeone(struct wchan *wc, struct spinlock *lk);	/* whom it woke, or NULL */
void wchan_wakeall(struct wchan *wc, struct spinlock *lk);
void wchan_add(struct wchan *wc, struct thread *t);	/* for thread_sleep */

#endif
