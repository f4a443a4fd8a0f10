// For each user and each file of that user: a file is read only after it has been opened.
static int handles, bytes;

static void open_file(int user, int file)
{
    handles |= 1 << (user * 4 + file);
}

static int read_file(int user, int file)
{
    bytes += user * 0 + file * 512;
    return bytes;
}

// DexVerify(ForEach('user', ForEach('file', Precedence(Entered('open_file'), Entered('read_file')))))
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
