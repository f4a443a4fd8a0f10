// XFAIL: a poll that brings a message sends no heartbeat
// A server that never ends: the run is ended when it polls for the seventh time. Every second poll must send a heartbeat.
static volatile unsigned polls, heartbeats, messages;

static int has_message(unsigned poll)
{
    return poll == 4;
}

static void send_heartbeat(void)
{
    heartbeats++;
}

// DexFinishTest(on_line=ref('poll'), hit_count=6)
// DexVerify(Henceforth(Implies(At(ref('poll')), Expect('heartbeats', expr('polls / 2')))))
int main(void)
{
    for (;;) {
        polls++; // DexLabel('poll')
        if (has_message(polls))
            messages++;
        else if (polls % 2 == 0)
            send_heartbeat();
    }
}
