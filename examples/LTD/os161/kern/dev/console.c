/* The console: System/161's serial device, or malta's 16550. Both are asked over and over, without interrupts. */
#include <lib.h>
#include <machine.h>
#include <thread.h>

#define UART 0xb80003f8u
#define UART_DATA 0
#define UART_LINE_STATUS 5
#define UART_HAS_INPUT 0x01
#define UART_CAN_WRITE 0x20

#define SERIAL_DATA 0			/* words */
#define SERIAL_WRITTEN 1
#define SERIAL_READ 2
#define SERIAL_DONE 0x2

static volatile uint8_t *const uart = (uint8_t *)UART;

static volatile uint32_t *
serial(void)
{
	static volatile uint32_t *device;

	if (device == NULL)
		device = lamebus_device(LAMEBUS_SERIAL);
	return device;
}

void
putch(int ch)
{
	if (is_sys161) {
		serial()[SERIAL_WRITTEN] = 0;
		serial()[SERIAL_DATA] = ch;
		while ((serial()[SERIAL_WRITTEN] & SERIAL_DONE) == 0)
			continue;
	} else {
		while ((uart[UART_LINE_STATUS] & UART_CAN_WRITE) == 0)
			continue;
		uart[UART_DATA] = ch;
	}
}

static bool
has_input(void)
{
	if (is_sys161)
		return serial()[SERIAL_READ] & SERIAL_DONE;
	return uart[UART_LINE_STATUS] & UART_HAS_INPUT;
}

/* Waits for a key; the timer lets other threads run meanwhile. */
int
getch(void)
{
	while (!has_input())
		continue;
	if (!is_sys161)
		return uart[UART_DATA];
	serial()[SERIAL_READ] = 0;
	return serial()[SERIAL_DATA];
}
