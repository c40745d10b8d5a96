
/*
 * Copyright (C) ngx_apigw contributors
 */


#ifndef _MODEL_REDIS_H_INCLUDED_
#define _MODEL_REDIS_H_INCLUDED_


#include "ngx_stub.h"


/*
 * Redis, as far as the lease script needs it: one hash, and Lua 5.1.  Numbers
 * that a script passes to redis.call() become text as in Redis 7: "%.17g".
 */

#define MODEL_REDIS_FIELDS  14
#define MODEL_REDIS_NAME    16
#define MODEL_REDIS_VALUE   40
#define MODEL_REDIS_ANSWERS 9


/* sorted by name, all else zero, so that equal hashes are equal memory */

typedef struct {
    char       name[MODEL_REDIS_NAME];
    char       value[MODEL_REDIS_VALUE];
} model_redis_field_t;

typedef struct {
    model_redis_field_t  fields[MODEL_REDIS_FIELDS];
    uint64_t             n;
} model_redis_t;


/* compiles the script; the text is not copied */
void model_redis_init(const char *script);
void model_redis_done(void);

/*
 * Runs the script at a time, in ms since 1970, with one key.  The answers are
 * integers but for the first, of which it is the first character.  NULL, or
 * what is wrong.
 */
const char *model_redis_eval(model_redis_t *redis, uint64_t now,
    ngx_uint_t argc, char argv[][MODEL_REDIS_VALUE], int64_t *answers);

/* "" where there is no such field */
const char *model_redis_get(const model_redis_t *redis, const char *name);
int64_t model_redis_number(const model_redis_t *redis, const char *name);


#endif /* _MODEL_REDIS_H_INCLUDED_ */
