// The line that reports an impossible weekday is never reached.
#include <stdio.h>

static const char *weekday(int day)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    if (day < 0 || day > 6)
        return "???"; // DexVerify(Henceforth(Not(At(8))))
    return names[day];
}

int main(void)
{
    for (int date = 0; date < 8; date++)
        printf("%s ", weekday(date % 7));
    puts("");
    return 0;
}
