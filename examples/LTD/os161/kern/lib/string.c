/* Strings and blocks of memory. */
#include <lib.h>

size_t
strlen(const char *string)
{
	size_t length = 0;

	while (string[length] != '\0')
		length++;
	return length;
}

int
strcmp(const char *left, const char *right)
{
	while (*left != '\0' && *left == *right) {
		left++;
		right++;
	}
	return (uint8_t)*left - (uint8_t)*right;
}

char *
strcpy(char *to, const char *from)
{
	return memcpy(to, from, strlen(from) + 1);
}

void *
memset(void *block, int byte, size_t size)
{
	uint8_t *bytes = block;

	while (size-- > 0)
		*bytes++ = byte;
	return block;
}

void *
memcpy(void *to, const void *from, size_t size)
{
	uint8_t *bytes = to;
	const uint8_t *source = from;

	while (size-- > 0)
		*bytes++ = *source++;
	return to;
}
