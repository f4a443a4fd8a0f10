/* Lists of threads that are linked through t_next: a thread is on one of them at most. */
#include <lib.h>
#include <thread.h>

void
threadlist_init(struct threadlist *list)
{
	list->tl_head = NULL;
	list->tl_tail = &list->tl_head;
}

void
threadlist_addtail(struct threadlist *list, struct thread *t)
{
	t->t_next = NULL;
	*list->tl_tail = t;
	list->tl_tail = &t->t_next;
}

void
threadlist_addhead(struct threadlist *list, struct thread *t)
{
	if (list->tl_head == NULL)
		list->tl_tail = &t->t_next;
	t->t_next = list->tl_head;
	list->tl_head = t;
}

/* NULL when the list is empty. */
struct thread *
threadlist_remhead(struct threadlist *list)
{
	struct thread *t = list->tl_head;

	if (t == NULL)
		return NULL;
	list->tl_head = t->t_next;
	if (list->tl_head == NULL)
		list->tl_tail = &list->tl_head;
	return t;
}
