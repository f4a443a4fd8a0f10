// XFAIL: after a lost packet the download gives up for good, though it may still retry
// The download must be complete at some time.
enum state { IDLE, LOADING, RETRYING, COMPLETE };

static enum state state = IDLE;

// DexVerify(Eventually(Expect('state', 'COMPLETE')))
static void receive(int packet, int lost)
{
    state = LOADING;
    if (packet == lost)
        state = RETRYING;
    else if (packet == 3)
        state = COMPLETE;
}

int main(void)
{
    int lost = 2;
    for (int packet = 1; packet <= 3; packet++) {
        receive(packet, lost);
        if (state == RETRYING)
            break;
    }
    return 0;
}
