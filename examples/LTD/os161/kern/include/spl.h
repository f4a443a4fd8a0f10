#ifndef SPL_H
#define SPL_H

/* Interrupt priority levels: all interrupts, or none. */
#define IPL_NONE 0
#define IPL_HIGH 1

/* Raise or lower the present thread's level. They nest: interrupts are on again when each raise has been undone. */
void splraise(int from, int to);
void spllower(int from, int to);

/* Set the level, and return the one before; splx puts that back. */
int splhigh(void);
int splx(int level);

#endif
