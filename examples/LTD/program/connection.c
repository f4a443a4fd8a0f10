// The passive side of a connection: listen, shake hands, receive, and close when both sides have closed.
#include <stdio.h>

enum state { CLOSED, LISTEN, SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT, LAST_ACK };
enum event { NOTHING, OPEN, SYN, ACK, DATA, FIN, CLOSE };

static enum state state = CLOSED;
static enum event event = NOTHING;
static int received;

// DexProposition(Established, Expect('state', 'ESTABLISHED'))
// DexVerify(Precedence(Both(Expect('event', 'ACK'), Expect('state', 'SYN_RECEIVED')), Established), name='handshake')
// DexVerify(Henceforth(Implies(In('deliver'), Established)), name='data only while established')
// DexVerify(Henceforth(Implies(Established, Weak(Established, Expect('state', 'CLOSE_WAIT')))), name='half-close first')
// DexVerify(Precedence(Expect('event', 'CLOSE'), Expect('state', 'LAST_ACK')), name='our side waits for the application')
// DexVerify(Response(Established, Expect('state', 'LAST_ACK')), name='in the end our side closes, too')

static void deliver(void)
{
    received++;
}

static void peer_closed(void)
{
    switch (state) {
    case ESTABLISHED:
        state = CLOSE_WAIT;
        break;
    case CLOSE_WAIT:
    default:
        break;
    }
}

static void handle(enum event next)
{
    event = next;
    switch (event) {
    case OPEN:
        state = LISTEN;
        break;
    case SYN:
        state = state == LISTEN ? SYN_RECEIVED : state;
        break;
    case ACK:
        if (state == SYN_RECEIVED)
            state = ESTABLISHED;
        else if (state == LAST_ACK)
            state = CLOSED;
        break;
    case DATA:
        if (state == ESTABLISHED)
            deliver();
        break;
    case FIN:
        peer_closed();
        break;
    case CLOSE:
        state = state == CLOSE_WAIT ? LAST_ACK : state;
        break;
    case NOTHING:
        break;
    }
}

int main(void)
{
    const enum event events[] = {OPEN, SYN, DATA, ACK, DATA, DATA, FIN, CLOSE, ACK};
    for (unsigned i = 0; i < sizeof events / sizeof *events; i++)
        handle(events[i]);
    printf("%d segments, %s\n", received, state == CLOSED ? "closed" : "open");
    return 0;
}
