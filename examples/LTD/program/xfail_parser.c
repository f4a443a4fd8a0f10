// XFAIL: the error path for a missing ')' forgets to leave the level, so each bad line uses up one for good
// A recursive-descent parser for + - * / and parentheses, with a limit on nesting.
// After as many bad lines as there are levels it would refuse everything; three lines do not show it.
#include <stdio.h>

enum { MAX_DEPTH = 4 };

static const char *next = "";
static int depth, failed;

// DexVerify(Henceforth(Implies(At(ref('begin')), Expect('depth', 0))), name='every line begins at the top level')
// DexVerify(Henceforth(And(Expect('depth', '>=', 0), Expect('depth', '<=', 4))), name='nesting is limited')
// DexVerify(Henceforth(Implies(In('factor'), Both(OnStack('term'), OnStack('expression')))), name='grammar')
// DexVerify(Henceforth(Implies(Entered('number'), Expect("*next >= '0' && *next <= '9'"))), name='numbers begin with a digit')
// DexVerify(Henceforth(Implies(Expect('failed'), Weak(Not(In('number')), At(ref('begin'))))), name='an error is final')

static int expression(void);

static int fail(void)
{
    failed = 1;
    return 0;
}

static int number(void)
{
    int value = 0;
    while (*next >= '0' && *next <= '9')
        value = value * 10 + (*next++ - '0');
    return value;
}

static int parenthesised(void)
{
    if (++depth > MAX_DEPTH) {
        depth--;
        return fail();
    }
    next++;
    int value = expression();
    if (failed || *next != ')')
        return fail();
    next++;
    depth--;
    return value;
}

static int factor(void)
{
    if (*next >= '0' && *next <= '9')
        return number();
    return *next == '(' ? parenthesised() : fail();
}

static int term(void)
{
    int value = factor();
    while (!failed && (*next == '*' || *next == '/')) {
        char operation = *next++;
        int right = factor();
        if (operation == '/' && right == 0)
            return fail();
        value = operation == '*' ? value * right : value / right;
    }
    return value;
}

static int expression(void)
{
    int value = term();
    while (!failed && (*next == '+' || *next == '-')) {
        char operation = *next++;
        int right = term();
        value = operation == '+' ? value + right : value - right;
    }
    return value;
}

static void calculate(const char *line)
{
    failed = 0; // DexLabel('begin')
    next = line;
    int value = expression();
    if (failed || *next != '\0')
        printf("%s: error\n", line);
    else
        printf("%s = %d\n", line, value);
}

int main(void)
{
    calculate("2*(10-3)");
    calculate("(1+2");
    calculate("7+8/(2+2)");
    return 0;
}
