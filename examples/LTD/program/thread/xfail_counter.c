// XFAIL: the error path of withdraw() does not unlock; nobody takes the lock after that, so nobody waits
// An account behind a lock, used by two threads; a withdrawal that would overdraw it is refused.
#include <pthread.h>
#include <stdio.h>

static struct {
    pthread_mutex_t mutex;
    int owner; // the user who holds the lock, 0 for nobody
    int balance, last_user;
} account = {.mutex = PTHREAD_MUTEX_INITIALIZER};

// DexVerify(ForEach('user', Response(Entered('lock'), Entered('unlock'))), name='every lock is released by its user')
// DexVerify(Henceforth(Implies(At(ref('change')), Expect('account.owner', expr('user')))), name='changed under the lock')
// DexVerify(ForEach('user', Henceforth(Implies(Returned('lock'), Weak(Not(Entered('lock')), Entered('unlock'))))), name='not locked twice')
// DexVerify(Henceforth(Expect('account.balance', '>=', 0)), name='never overdrawn')
// DexVerify(Eventually(And(Thread(2), In('change'))), name='the second thread is at work')
// DexVerify(Eventually(And(Thread(3), In('change'))), name='and so is the third')

static void lock(int user)
{
    pthread_mutex_lock(&account.mutex);
    account.owner = user;
}

static void unlock(int user)
{
    if (account.owner == user)
        account.owner = 0;
    pthread_mutex_unlock(&account.mutex);
}

static void change(int user, int amount)
{
    account.balance += amount; // DexLabel('change')
    account.last_user = user;
}

static void deposit(int user, int amount)
{
    lock(user);
    change(user, amount);
    unlock(user);
}

static int withdraw(int user, int amount)
{
    lock(user);
    if (amount > account.balance) {
        return -1;
    }
    change(user, -amount);
    unlock(user);
    return 0;
}

static void *clerk(void *number)
{
    for (int i = 1; i <= 3; i++)
        deposit(*(int *)number, 10 * i);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    int users[] = {1, 2};
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, clerk, &users[i]) != 0)
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    int taken = withdraw(3, 100);
    int refused = withdraw(3, 100);
    printf("balance %d\n", account.balance);
    return taken != 0 || refused == 0 || account.last_user != 3;
}
