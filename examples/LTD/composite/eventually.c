// The download is complete at some time.
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
            receive(packet, 0);
    }
    return 0;
}
