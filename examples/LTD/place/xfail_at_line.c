// XFAIL: the remainder was forgotten, so the eighth day has no name
// The line that reports an impossible weekday must never be reached.
#include <stdio.h>

static const char *weekday(int day)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    if (day < 0 || day > 6)
        return "???"; // DexVerify(Henceforth(Not(At(9))))
    return names[day];
}

int main(void)
{
    for (int date = 0; date < 8; date++)
        printf("%s ", weekday(date));
    puts("");
    return 0;
}
