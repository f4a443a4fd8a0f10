// For each user and each file of that user: a file is read only after it has been opened.
static int handles, bytes;

static void open_file(int user, int file)
{
    int handle = user * 4 + file;
    handles |= 1 << handle; // DexLabel('opened')
}

static int read_file(int user, int file)
{
    bytes += handles >> (user * 4 + file) & 1 ? 512 : 0;
    return bytes;
}

// DexVerify(ForEach('user', ForEach('file', Precedence(At(ref('opened')), Entered('read_file')))))
int main(void)
{
    open_file(1, 1);
    read_file(1, 1);
    open_file(2, 2);
    read_file(2, 2);
    open_file(2, 1);
    read_file(2, 1);
    return handles == 0;
}
