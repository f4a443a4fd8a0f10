#include <test.h>
int
wchantest(void)
{
	return 0;
}
int
spinlocktest(void)
{
	return 0;
}
