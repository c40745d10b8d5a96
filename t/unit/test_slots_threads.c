
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ngx_apigw_slots.h"
#include "tap.h"


#define CAPACITY   4096
#define WORKERS    6
#define PHASE      1000     /* ms */
#define TIMES      60
#define FOREVER    1000000


/* in shared memory, before the slots */

typedef struct {
    ngx_atomic_t   inside;      /* who thinks that the claim is his */
    ngx_atomic_t   overlaps;
    ngx_atomic_t   published;
    ngx_atomic_t   time;        /* of a claim */
} shared_t;


static shared_t           *shared;
static ngx_apigw_slots_t  *slots;
static ngx_uint_t          stop;


static ngx_uint_t
now_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* a text tells what it must be: its length and bytes follow from its seed */

static uint64_t
mix(uint64_t n)
{
    n = (n ^ (n >> 31)) * 0x7fb5d329728ea185ULL;
    n = (n ^ (n >> 27)) * 0x81dadef4bc2dd44dULL;

    return n ^ (n >> 33);
}


static size_t
make(u_char *p, uint64_t seed)
{
    size_t  i, len;

    len = 8 + mix(seed) % (CAPACITY - 8);
    memcpy(p, &seed, 8);

    for (i = 8; i < len; i++) {
        p[i] = (u_char) (seed + i * (seed % 251));
    }

    return len;
}


static ngx_uint_t
whole(u_char *p, size_t len)
{
    u_char    want[CAPACITY];
    uint64_t  seed;

    if (len < 8) {
        return 0;
    }

    memcpy(&seed, p, 8);

    return make(want, seed) == len && memcmp(want, p, len) == 0;
}


static ngx_uint_t
gone(ngx_uint_t pid)
{
    return pid && kill((pid_t) pid, 0) == -1 && errno == ESRCH;
}


static void
fetch(ngx_uint_t pid, uint64_t *seed, ngx_uint_t processes)
{
    size_t             len;
    u_char             text[CAPACITY];
    ngx_uint_t         n, version, before;
    ngx_atomic_uint_t  claim, old;

    old = slots->claim;

    if (!processes || !gone(ngx_apigw_slots_pid(old))) {
        old = 0;
    }

    claim = ngx_apigw_slots_claim(slots, pid, now_ms(), shared->time, old);

    if (claim == 0) {
        return;
    }

    before = shared->inside;
    shared->inside = pid;

    if (before && before != pid && !(processes && gone(before))) {
        (void) ngx_atomic_fetch_add(&shared->overlaps, 1);
    }

    n = ngx_apigw_slots_begin(slots, now_ms(), 1);

    *seed += 1;
    len = make(text, mix(*seed ^ (uint64_t) pid << 32));

    if (ngx_apigw_slots_publish(slots, claim, text, len, &version) == NGX_OK) {
        (void) ngx_atomic_fetch_add(&shared->published, 1);
        ngx_apigw_slots_succeed(slots, claim, n, now_ms(), now_ms(), 1);
    }

    (void) ngx_atomic_cmp_set(&shared->inside, pid, 0);
    ngx_apigw_slots_release(slots, claim);
}


static void *
thread(void *data)
{
    uint64_t    seed;
    ngx_uint_t  pid;

    pid = (ngx_uint_t) (uintptr_t) data;
    seed = pid;

    while (!__sync_fetch_and_add(&stop, 0)) {
        fetch(pid, &seed, 0);
    }

    return NULL;
}


static pid_t
child(uint64_t seed)
{
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        for ( ;; ) {
            fetch((ngx_uint_t) getpid(), &seed, 1);
        }
    }

    return pid;
}


static void
fresh(ngx_uint_t time)
{
    memset(shared, 0, sizeof(shared_t));
    ngx_apigw_slots_init(slots, CAPACITY);
    shared->time = time;
}


/* reads until the time has passed; counts by code, and broken texts */

typedef struct {
    ngx_uint_t   reads;
    ngx_uint_t   good;
    ngx_uint_t   before;
    ngx_uint_t   none;
    ngx_uint_t   broken;
} reads_t;


static void
look(reads_t *r)
{
    size_t      len;
    u_char      buf[CAPACITY];
    ngx_int_t   rc;
    ngx_uint_t  version;

    rc = ngx_apigw_slots_read(slots, buf, &len, &version);

    r->reads++;
    r->good += (rc == NGX_OK);
    r->before += (rc == NGX_AGAIN);
    r->none += (rc == NGX_ERROR);

    if (rc == NGX_OK || rc == NGX_AGAIN) {
        r->broken += !whole(buf, len);
    }
}


static void
test_threads(void)
{
    reads_t     r;
    pthread_t   tid[WORKERS];
    ngx_uint_t  i, end;

    fresh(FOREVER);
    memset(&r, 0, sizeof(r));
    stop = 0;

    for (i = 0; i < WORKERS; i++) {
        pthread_create(&tid[i], NULL, thread, (void *) (uintptr_t) (i + 1));
    }

    while (shared->published == 0) {
        (void) usleep(100);
    }

    for (end = now_ms() + PHASE; now_ms() < end; /* void */ ) {
        look(&r);
    }

    (void) __sync_fetch_and_add(&stop, 1);

    for (i = 0; i < WORKERS; i++) {
        pthread_join(tid[i], NULL);
    }

    comment("%lu texts, %lu reads, %lu of one before, %lu of none",
            (unsigned long) shared->published, (unsigned long) r.reads,
            (unsigned long) r.before, (unsigned long) r.none);

    ok(shared->published > 100 && r.good > 100, "threads publish and read");
    is_int(shared->overlaps, 0, "one at a time");
    is_int(r.broken, 0, "no text is broken");
    is_int(r.before, 0, "and none is said to be damaged");
    is_int(slots->begun, shared->published, "each fetch is counted");
    is_int(slots->ended, slots->begun, "and has ended");
    is_int(slots->claim, 0, "the claim is free");
}


/* the one that has the claim, as a rule */

static ngx_uint_t
owner(pid_t *pids)
{
    ngx_uint_t  i;

    for (i = 0; i < WORKERS; i++) {
        if (shared->inside == (ngx_uint_t) pids[i]) {
            return i;
        }
    }

    return 0;
}


/* killed anywhere */

static void
test_kill(void)
{
    pid_t       pids[WORKERS];
    reads_t     r;
    uint64_t    seed;
    ngx_uint_t  i, kills, next;

    fresh(FOREVER);
    memset(&r, 0, sizeof(r));
    seed = 1;

    for (i = 0; i < WORKERS; i++) {
        pids[i] = child(++seed << 20);
    }

    while (shared->published == 0) {
        (void) usleep(100);
    }

    next = 0;

    for (kills = 0; kills < TIMES; /* void */ ) {
        look(&r);

        if (r.reads < next) {
            continue;
        }

        next = r.reads + mix(++seed) % 20;
        i = owner(pids);

        (void) kill(pids[i], SIGKILL);
        (void) waitpid(pids[i], NULL, 0);

        pids[i] = child(++seed << 20);
        kills++;
    }

    for (i = 0; i < WORKERS; i++) {
        (void) kill(pids[i], SIGKILL);
        (void) waitpid(pids[i], NULL, 0);
    }

    comment("%lu kills, %lu texts, %lu reads, %lu of one before, %lu of none",
            (unsigned long) kills, (unsigned long) shared->published,
            (unsigned long) r.reads, (unsigned long) r.before,
            (unsigned long) r.none);

    ok(shared->published > TIMES / 4,
       "processes are killed, others go on");
    is_int(shared->overlaps, 0, "one at a time");
    is_int(r.broken, 0, "no text is broken");
    is_int(r.before + r.none, 0, "and none is said to be damaged");

    fetch((ngx_uint_t) getpid(), &seed, 1);
    is_int(slots->claim, 0, "the claim of the last one is taken over");
    ok(!ngx_apigw_slots_open(slots), "and what it has begun, ended");

    memset(&r, 0, sizeof(r));
    look(&r);
    is_int(r.good, 1, "the text is there");
}


/* stopped for longer than the claim holds */

static void
test_stop(void)
{
    pid_t       pids[WORKERS];
    reads_t     r;
    uint64_t    seed;
    ngx_uint_t  i, stops, until;

    fresh(2);
    memset(&r, 0, sizeof(r));
    seed = 1;

    for (i = 0; i < WORKERS; i++) {
        pids[i] = child(++seed << 20);
    }

    while (shared->published == 0) {
        (void) usleep(100);
    }

    for (stops = 0; stops < TIMES; stops++) {
        i = owner(pids);

        (void) kill(pids[i], SIGSTOP);

        for (until = now_ms() + 4; now_ms() < until; /* void */ ) {
            look(&r);
        }

        (void) kill(pids[i], SIGCONT);
        look(&r);
    }

    for (i = 0; i < WORKERS; i++) {
        (void) kill(pids[i], SIGKILL);
        (void) waitpid(pids[i], NULL, 0);
    }

    comment("%lu stops, %lu texts, %lu reads, %lu of one before, %lu of none, "
            "%lu overlaps",
            (unsigned long) stops, (unsigned long) shared->published,
            (unsigned long) r.reads, (unsigned long) r.before,
            (unsigned long) r.none, (unsigned long) shared->overlaps);

    ok(shared->published > TIMES,
       "processes are stopped, others go on");
    is_int(r.broken, 0, "no text is broken");

    (void) usleep(5000);
    fetch((ngx_uint_t) getpid(), &seed, 1);

    memset(&r, 0, sizeof(r));
    look(&r);
    is_int(r.good, 1, "the next one's text is there");
}


int
main(void)
{
    u_char  *p;
    size_t   size;

    size = sizeof(shared_t) + ngx_apigw_slots_size(CAPACITY);

    p = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1,
             0);

    if (p == MAP_FAILED) {
        return 1;
    }

    shared = (shared_t *) p;
    slots = (ngx_apigw_slots_t *) (p + sizeof(shared_t));

    test_threads();
    test_kill();
    test_stop();

    return done();
}
