#include <test.h>
int
clocktest(void)
{
	return 0;
}
