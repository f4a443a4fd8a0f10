// XFAIL: the warning itself is followed by the message of the hour
// After the battery is low, one message may be sent at most.
static int low, sent;

static void send(void)
{
    sent++;
}

// DexVerify(BoundedExistence(Entered('send'), 1, after=Entered('battery_low')))
static void battery_low(void)
{
    low = 1;
    send();
}

static void hour(int number)
{
    if (number == 3)
        battery_low();
    if (!low || number == 3)
        send();
}

int main(void)
{
    for (int number = 1; number <= 5; number++)
        hour(number);
    return sent < 3;
}
