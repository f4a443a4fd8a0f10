#include <test.h>
int
cvtest(void)
{
	return 0;
}
