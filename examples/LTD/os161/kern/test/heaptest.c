#include <test.h>
int
heaptest(void)
{
	return 0;
}
