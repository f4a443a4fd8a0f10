#include <test.h>
int
locktest(void)
{
	return 0;
}
int
fairtest(void)
{
	return 0;
}
