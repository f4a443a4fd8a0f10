"""Programs with children, threads, handlers, jumps, and with plans for their own process group."""

from drivers.base import Limits
from drivers.state import EndKind


def test_fork_follows_the_parent(driver, build, record):
    source, binary = build(r"""
        #include <stdio.h>
        #include <sys/wait.h>
        #include <unistd.h>
        int main(void) {
            int status = 0;
            pid_t pid = fork();
            if (pid == 0) {
                write(1, "child\n", 6);
                _exit(5);
            }
            waitpid(pid, &status, 0);
            return WEXITSTATUS(status);
        }""")
    run = record(driver, source, binary, "status")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 5)
    assert run.lines() == [6, 7, 8, 12, 13, 14]
    assert run.end.output == "child\n"


def test_child_that_lives_on_is_killed(driver, build, record):
    # The `mark` fixture, which `driver` uses, sees to it that nothing is left.
    source, binary = build(r"""
        #include <unistd.h>
        int main(void) {
            if (fork() == 0) {
                setsid();
                if (fork() == 0) for (;;) pause();
                for (;;) pause();
            }
            return 3;
        }""")
    run = record(driver, source, binary)
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 3)


def test_program_that_becomes_a_daemon(driver, build, record):
    source, binary = build(r"""
        #include <fcntl.h>
        #include <signal.h>
        #include <unistd.h>
        int main(void) {
            signal(SIGHUP, SIG_IGN);
            if (daemon(0, 0) == 0)
                for (;;) pause();
            return 1;
        }""")
    run = record(driver, source, binary)
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 0)
    assert run.lines() == [6, 7]


def test_program_that_changes_its_process_group(driver, build, record):
    source, binary = build(r"""
        #include <signal.h>
        #include <unistd.h>
        int main(void) {
            signal(SIGTTOU, SIG_IGN);
            setpgid(0, 0);
            setsid();
            tcsetpgrp(1, getpgrp());
            return 6;
        }""")
    run = record(driver, source, binary)
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 6)
    assert run.lines() == [5, 6, 7, 8, 9, 10]


def test_endless_program_in_a_group_of_its_own(driver, build, record):
    source, binary = build(r"""
        #include <unistd.h>
        int main(void) {
            if (fork() > 0) { setpgid(0, 0); for (;;) pause(); }
            setsid();
            for (;;) pause();
        }""")
    run = record(driver, source, binary, limits=Limits(total_s=1))
    assert run.end.kind is EndKind.TIME_LIMIT
    assert run.lines()[0] == 4


def test_program_that_closes_all_files(driver, build, record):
    source, binary = build(r"""
        #include <unistd.h>
        int main(void) {
            int n = 0;
            for (int i = 0; i < 256; i++) close(i);
            n = 8;
            return n;
        }""")
    run = record(driver, source, binary, "n")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 8)
    assert run.lines()[-3:] == [6, 7, 8]
    assert run.value(-1, "n").number == 8


def test_program_that_kills_its_group(driver, build, record):
    source, binary = build(r"""
        #include <signal.h>
        int main(void) {
            kill(0, SIGTERM);
            return 0;
        }""")
    run = record(driver, source, binary)
    assert (run.end.kind, run.end.signal) == (EndKind.SIGNAL, "SIGTERM")
    assert run.lines() == [4]


def test_threads(driver, build, record):
    source, binary = build(
        r"""
        #include <pthread.h>
        static int counter;
        static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        static void *work(void *argument) {
            for (int i = 0; i < 5; i++) {
                pthread_mutex_lock(&lock);
                counter++;
                pthread_mutex_unlock(&lock);
            }
            return argument;
        }
        int main(void) {
            pthread_t threads[4];
            for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, work, 0);
            for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
            return counter;
        }""",
        "-pthread",
    )
    run = record(driver, source, binary, "counter")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 20)
    workers = {step.thread for step in run.steps if step.frames[0].function == "work"}
    assert len(workers) == 4
    for worker in workers:
        assert [s.frames[0].line for s in run.steps if s.thread == worker].count(8) == 5
    assert sum(step.entered for step in run.steps if step.frames[0].function == "work") == 4


def test_longjmp(driver, build, record):
    source, binary = build(r"""
        #include <setjmp.h>
        static jmp_buf out;
        static void fail(int code) {
            longjmp(out, code);
        }
        static int attempt(void) {
            int code = setjmp(out);
            if (code == 0)
                fail(9);
            return code;
        }
        int main(void) {
            int code = attempt();
            return code;
        }""")
    run = record(driver, source, binary, "code")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 9)
    assert run.lines() == [14, 8, 9, 10, 5, 9, 11, 12, 15, 16]


def test_signal_handlers(driver, build, record):
    source, binary = build(r"""
        #include <signal.h>
        static volatile int seen;
        static void handler(int number) {
            seen = number;
        }
        int main(void) {
            signal(SIGUSR1, handler);
            signal(SIGINT, handler);
            raise(SIGUSR1);
            raise(SIGINT);
            return seen;
        }""")
    run = record(driver, source, binary, "seen")
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 2)
    assert run.lines() == [8, 9, 10, 5, 6, 11, 5, 6, 12, 13]
    assert run.value(-1, "seen").number == 2


def test_alarms_do_not_end_the_run(driver, build, record):
    source, binary = build(r"""
        #include <signal.h>
        #include <sys/time.h>
        static volatile int ticks;
        static void tick(int number) { ticks += number == SIGALRM; }
        int main(void) {
            struct itimerval every = {{0, 20000}, {0, 20000}};
            signal(SIGALRM, tick);
            setitimer(ITIMER_REAL, &every, 0);
            while (ticks < 5)
                ;
            return ticks >= 5 ? 5 : 1;
        }""")
    run = record(driver, source, binary)
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 5)


def test_exec_of_another_program(driver, build, record):
    source, binary = build(r"""
        #include <unistd.h>
        int main(void) {
            execl("/bin/sh", "sh", "-c", "exit 4", (char *)0);
            return 1;
        }""")
    run = record(driver, source, binary)
    assert (run.end.kind, run.end.code) == (EndKind.EXIT, 4)
    assert run.lines() == [4]


def test_recursion_tells_activations_apart(driver, build, record):
    source, binary = build(r"""
        static int depth(int n) {
            if (n == 0)
                return 0;
            return 1 + depth(n - 1);
        }
        int main(void) {
            return depth(3) + depth(1);
        }""")
    run = record(driver, source, binary, "n")
    entered = [step for step in run.steps if step.entered]
    assert [step.frames[0].function for step in entered] == ["main", *["depth"] * 6]
    # At its first step an activation's frame address is no other's on the stack.
    for step in entered:
        addresses = [frame.address for frame in step.frames]
        assert 0 not in addresses
        assert len(set(addresses)) == len(addresses)
    assert [run.values[step.index]["n"].number for step in entered[1:]] == [3, 2, 1, 0, 1, 0]
