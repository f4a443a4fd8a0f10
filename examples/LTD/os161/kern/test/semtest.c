#include <test.h>
int
semtest(void)
{
	return 0;
}
