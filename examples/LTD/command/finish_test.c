// When a fourth client comes, the run is ended: until then every client was served before the next one came.
static int clients, served;

// DexFinishTest('clients', 3, on_line=ref('arrival'))
// DexVerify(Henceforth(Implies(At(ref('arrival')), Expect('served', expr('clients')))))
// DexVerify(Eventually(Both(At(ref('arrival')), Expect('clients', 3))))
static void accept_client(void)
{
    clients++; // DexLabel('arrival')
}

static void serve(int hour)
{
    served = clients;
    (void)hour;
}

int main(void)
{
    for (int hour = 0; hour < 100000; hour++) {
        accept_client();
        serve(hour);
    }
    return clients != 100000;
}
