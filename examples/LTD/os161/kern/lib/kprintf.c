/* Console output, and the end of a kernel that cannot go on. */
#include <lib.h>
#include <spl.h>
#include <machine.h>

typedef __builtin_va_list va_list;

static void
print_string(const char *string)
{
	for (; *string != '\0'; string++)
		putch(*string);
}

static void
print_number(unsigned number, unsigned base)
{
	char digits[11];
	int i = sizeof digits - 1;

	digits[i] = '\0';
	do {
		digits[--i] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number != 0);
	print_string(&digits[i]);
}

/* %s %c %d %u %x %% */
static void
print_formatted(const char *format, va_list arguments)
{
	for (; *format != '\0'; format++) {
		int number;

		if (*format != '%') {
			putch(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			print_string(__builtin_va_arg(arguments, const char *));
			break;
		case 'c':
			putch(__builtin_va_arg(arguments, int));
			break;
		case 'd':
			number = __builtin_va_arg(arguments, int);
			if (number < 0)
				putch('-');
			print_number(number < 0 ? 0u - number : (unsigned)number, 10);
			break;
		case 'u':
			print_number(__builtin_va_arg(arguments, unsigned), 10);
			break;
		case 'x':
			print_number(__builtin_va_arg(arguments, unsigned), 16);
			break;
		case '%':
			putch('%');
			break;
		default:
			KASSERT(!"a conversion that kprintf knows");
		}
	}
}

/* Interrupts are off, so that no other thread's line comes in between. */
void
kprintf(const char *format, ...)
{
	va_list arguments;
	int spl = splhigh();

	__builtin_va_start(arguments, format);
	print_formatted(format, arguments);
	__builtin_va_end(arguments);
	splx(spl);
}

void
panic(const char *format, ...)
{
	static bool is_panicking;
	va_list arguments;

	cpu_irqoff();
	if (!is_panicking) {
		is_panicking = true;
		print_string("panic: ");
		__builtin_va_start(arguments, format);
		print_formatted(format, arguments);
		__builtin_va_end(arguments);
		putch('\n');
	}
	machine_stop();
}

void
badassert(const char *expression, const char *file, int line)
{
	panic("Assertion failed: %s, at %s:%d", expression, file, line);
}
