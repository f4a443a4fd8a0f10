/* A kernel for the tests: what it does is the boot string's first letter. */
struct pair {
	int first;
	char second;
};

volatile unsigned total;
static const char *name = "dexter";
struct pair pair = { 3, 'c' };

void exit_machine(int status);

static void putch(char c)
{
	*(volatile unsigned char *)0xb80003f8 = c;
}

static void print(const char *text)
{
	while (*text)
		putch(*text++);
}

void poweroff(void)
{
	*(volatile unsigned *)0xbf000500 = 0x42;
	for (;;)
		;
}

void panic(const char *why)
{
	print("panic: ");
	print(why);
	print("\n");
	exit_machine(1);
}

static int factorial(int n)
{
	if (n < 2)
		return 1;
	return n * factorial(n - 1);
}

static int count(int limit)
{
	int sum = 0;
	for (int i = 0; i < limit; i++) {
		sum += i;
		total = sum;
	}
	return sum;
}

static void check(int value)
{
	struct pair local = { value, 'x' };
	pair.first = local.first;
	if (value > 2)
		panic("the value is too large: 3");
}

void kmain(const char *boot)
{
	print("booted\n");
	switch (boot[0]) {
	case 'c': count(boot[1] - '0'); break;
	case 'C': count(1000 * (boot[1] - '0')); break;
	case 'f': total = factorial(5); break;
	case 'e': exit_machine(boot[1] - '0'); break;
	case 'p':
		check(2);
		check(3);
		break;
	case 'h':
		for (;;)
			;
	case 'o':
		for (;;)
			print(name);
	}
	print("done\n");
	poweroff();
}
