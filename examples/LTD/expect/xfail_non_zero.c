// XFAIL: the second reading does not wait for the sensor
// A sensor must be read only while it is ready.
#include <stdbool.h>

static bool ready;

static void wait_until_ready(void)
{
    ready = true;
}

// DexVerify(Henceforth(Implies(Entered('read_sensor'), Expect('ready'))))
static int read_sensor(void)
{
    int value = 20;
    ready = false;
    return value;
}

int main(void)
{
    wait_until_ready();
    int morning = read_sensor();
    int evening = read_sensor();
    return morning != evening;
}
