// At some step write_block() is writing block 2, called from save() while the journal is open.
static int disk[4];

static void write_block(int block)
{
    disk[block] = 1;
}

/* DexVerify(Eventually(ExpectState({
       'frames': [
           {'function': 'write_block', 'is_inlined': False, 'watches': {'block': 2}},
           {'function': 'save', 'location': {'path': 'expect_state.c'}, 'watches': {'journal_open': 1}},
       ]
   }))) */
static void save(void)
{
    int journal_open = 1;
    write_block(0);
    write_block(1);
    write_block(2);
    journal_open = 0;
    (void)journal_open;
}

int main(void)
{
    save();
    return 0;
}
