// XFAIL: the error is noted, but the exit status says that all went well
// A file that is not there must be told by exit status 3, after the message has been prepared.
#include <stdio.h>

static const char *message = "";

// DexExpectEnd('exit', 3)
// DexVerify(Eventually(Expect('message', 'no such file')))
static int open_input(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        message = "no such file";
        return file == NULL ? 0 : 3;
    }
    fclose(file);
    return 0;
}

int main(void)
{
    return open_input("/no/such/file");
}
