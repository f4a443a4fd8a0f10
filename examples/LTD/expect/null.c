// When the list has been freed, its head is NULL: nobody can follow a dangling pointer.
#include <stdlib.h>

struct node {
    struct node *next;
};

static struct node *head;

static int push(void)
{
    struct node *node = malloc(sizeof *node);
    if (node == NULL)
        return -1;
    node->next = head;
    head = node;
    return 0;
}

// DexVerify(Henceforth(Implies(Returned('free_list'), Expect('head', 'NULL'))))
static void free_list(void)
{
    for (struct node *node = head, *next; node != NULL; node = next) {
        next = node->next;
        free(node);
    }
    head = NULL;
}

int main(void)
{
    if (push() != 0 || push() != 0)
        return 1;
    free_list();
    return 0;
}
