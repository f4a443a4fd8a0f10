// Errors by longjmp: load() sets a handler, fail() jumps to the innermost one, and files are closed on every way.
#include <setjmp.h>
#include <stdio.h>

struct context {
    jmp_buf target;
    struct context *outer;
};

static struct context *handler;
static int open_files, settings;

// DexVerify(Henceforth(Implies(Returned('load'), Expect('handler', 'NULL'))), name='no handler outlives its frame')
// DexVerify(Henceforth(Implies(Entered('fail'), Expect('handler', '!=', 'NULL'))), name='somebody handles an error')
// DexVerify(Response(In('fail'), At(ref('recover'))), name='every error is recovered from')
// DexVerify(Henceforth(Implies(Entered('fail'), Weak(Not(In('set')), Returned('load')))), name='a bad file is given up')
// DexVerify(Henceforth(Implies(Returned('load'), Expect('open_files', 0))), name='files are closed')

static _Noreturn void fail(int code)
{
    longjmp(handler->target, code);
}

static void set(char key)
{
    if (key == '?')
        fail(2);
    settings++;
}

static void read_settings(const char *text)
{
    for (; *text != '\0'; text++)
        set(*text);
}

static int load(const char *text)
{
    struct context here;
    here.outer = handler;
    handler = &here;
    open_files++;
    int code = setjmp(here.target);
    if (code == 0) {
        read_settings(text);
    } else {
        printf("error %d\n", code); // DexLabel('recover')
    }
    open_files--;
    handler = here.outer;
    return code;
}

int main(void)
{
    int bad = load("ab?c");
    int good = load("abc");
    printf("%d settings\n", settings);
    return bad == 0 || good != 0;
}
