
/*
 * Copyright (C) ngx_apigw contributors
 */


#include <inttypes.h>
#include <stdio.h>

#include <lua5.1/lua.h>
#include <lua5.1/lauxlib.h>
#include <lua5.1/lualib.h>

#include "model_redis.h"


#define MODEL_REDIS_KEY  "apigw:1:{plan/key}"


typedef struct {
    const char     *name;
    lua_CFunction   handler;
} model_redis_command_t;


static int model_redis_time(lua_State *L);
static int model_redis_hmget(lua_State *L);
static int model_redis_hgetall(lua_State *L);
static int model_redis_hset(lua_State *L);
static int model_redis_hdel(lua_State *L);
static int model_redis_hincrby(lua_State *L);
static int model_redis_one(lua_State *L);


static const model_redis_command_t  model_redis_commands[] = {
    { "TIME", model_redis_time },
    { "HMGET", model_redis_hmget },
    { "HGETALL", model_redis_hgetall },
    { "HSET", model_redis_hset },
    { "HDEL", model_redis_hdel },
    { "HINCRBY", model_redis_hincrby },
    { "EXPIRE", model_redis_one },
    { "PUBLISH", model_redis_one },
    { NULL, NULL }
};

/* as Redis does, so that a variable that is not local is an error */

static const char  model_redis_globals[] =
    "setmetatable(_G, {\n"
    "  __newindex = function(t, n) error('global written: ' .. n, 2) end,\n"
    "  __index = function(t, n) error('global read: ' .. n, 2) end\n"
    "})\n";

static lua_State      *model_redis_lua;
static int             model_redis_chunk;
static uint64_t        model_redis_now;
static model_redis_t  *model_redis_store;
static char            model_redis_error[256];


static model_redis_field_t *
model_redis_find(model_redis_t *redis, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < redis->n; i++) {
        if (strcmp(redis->fields[i].name, name) == 0) {
            return &redis->fields[i];
        }
    }

    return NULL;
}


static void
model_redis_put(lua_State *L, const char *name, const char *value)
{
    ngx_uint_t            i;
    model_redis_t        *redis;
    model_redis_field_t  *f;

    redis = model_redis_store;

    if (strlen(name) >= MODEL_REDIS_NAME
        || strlen(value) >= MODEL_REDIS_VALUE)
    {
        luaL_error(L, "too long: %s %s", name, value);
    }

    f = model_redis_find(redis, name);

    if (f == NULL) {

        if (redis->n == MODEL_REDIS_FIELDS) {
            luaL_error(L, "too many fields");
        }

        for (i = redis->n++; i; i--) {

            if (strcmp(redis->fields[i - 1].name, name) < 0) {
                break;
            }

            redis->fields[i] = redis->fields[i - 1];
        }

        f = &redis->fields[i];

        memset(f, 0, sizeof(model_redis_field_t));
        strcpy(f->name, name);
    }

    memset(f->value, 0, sizeof(f->value));
    strcpy(f->value, value);
}


/* the arguments become strings */

static int
model_redis_call(lua_State *L)
{
    int                           i, n;
    char                          buf[64];
    const model_redis_command_t  *cmd;

    n = lua_gettop(L);

    for (i = 1; i <= n; i++) {

        if (lua_type(L, i) == LUA_TNUMBER) {
            snprintf(buf, sizeof(buf), "%.17g", lua_tonumber(L, i));
            lua_pushstring(L, buf);
            lua_replace(L, i);

        } else if (lua_type(L, i) != LUA_TSTRING) {
            return luaL_error(L, "arguments must be strings or integers");
        }
    }

    for (cmd = model_redis_commands; cmd->name; cmd++) {

        if (n && strcmp(cmd->name, lua_tostring(L, 1)) == 0) {

            if (cmd->handler != model_redis_time
                && cmd->handler != model_redis_one
                && (n < 2
                    || strcmp(lua_tostring(L, 2), MODEL_REDIS_KEY) != 0))
            {
                return luaL_error(L, "another key");
            }

            return cmd->handler(L);
        }
    }

    return luaL_error(L, "unknown command");
}


static int
model_redis_time(lua_State *L)
{
    char  buf[32];

    lua_createtable(L, 2, 0);

    snprintf(buf, sizeof(buf), "%" PRIu64, model_redis_now / 1000);
    lua_pushstring(L, buf);
    lua_rawseti(L, -2, 1);

    snprintf(buf, sizeof(buf), "%" PRIu64, model_redis_now % 1000 * 1000);
    lua_pushstring(L, buf);
    lua_rawseti(L, -2, 2);

    return 1;
}


static int
model_redis_hmget(lua_State *L)
{
    int                   i, n;
    model_redis_field_t  *f;

    n = lua_gettop(L);
    lua_createtable(L, n, 0);

    for (i = 3; i <= n; i++) {
        f = model_redis_find(model_redis_store, lua_tostring(L, i));

        if (f) {
            lua_pushstring(L, f->value);

        } else {
            lua_pushboolean(L, 0);
        }

        lua_rawseti(L, -2, i - 2);
    }

    return 1;
}


static int
model_redis_hgetall(lua_State *L)
{
    int                   n;
    ngx_uint_t            i;
    model_redis_field_t  *f;

    lua_createtable(L, 2 * MODEL_REDIS_FIELDS, 0);

    for (n = 0, i = 0; i < model_redis_store->n; i++) {
        f = &model_redis_store->fields[i];

        lua_pushstring(L, f->name);
        lua_rawseti(L, -2, ++n);
        lua_pushstring(L, f->value);
        lua_rawseti(L, -2, ++n);
    }

    return 1;
}


static int
model_redis_hset(lua_State *L)
{
    int  i, n;

    n = lua_gettop(L);

    if (n < 4 || n % 2) {
        return luaL_error(L, "wrong number of arguments for HSET");
    }

    for (i = 3; i < n; i += 2) {
        model_redis_put(L, lua_tostring(L, i), lua_tostring(L, i + 1));
    }

    lua_pushnumber(L, n / 2 - 1);

    return 1;
}


static int
model_redis_hdel(lua_State *L)
{
    int                   i, n;
    model_redis_t        *redis;
    model_redis_field_t  *f, *last;

    redis = model_redis_store;
    n = lua_gettop(L);

    for (i = 3; i <= n; i++) {
        f = model_redis_find(redis, lua_tostring(L, i));

        if (f) {
            last = &redis->fields[--redis->n];
            memmove(f, f + 1, (last - f) * sizeof(model_redis_field_t));
            memset(last, 0, sizeof(model_redis_field_t));
        }
    }

    lua_pushnumber(L, 1);

    return 1;
}


static int
model_redis_hincrby(lua_State *L)
{
    char                 *end, buf[32];
    int64_t               n;
    model_redis_field_t  *f;

    if (lua_gettop(L) != 4) {
        return luaL_error(L, "wrong number of arguments for HINCRBY");
    }

    n = strtoll(lua_tostring(L, 4), &end, 10);

    if (*end) {
        return luaL_error(L, "value is not an integer");
    }

    f = model_redis_find(model_redis_store, lua_tostring(L, 3));

    if (f) {
        n += strtoll(f->value, NULL, 10);
    }

    snprintf(buf, sizeof(buf), "%" PRId64, n);
    model_redis_put(L, lua_tostring(L, 3), buf);
    lua_pushnumber(L, (lua_Number) n);

    return 1;
}


static int
model_redis_one(lua_State *L)
{
    lua_pushnumber(L, 1);

    return 1;
}


void
model_redis_init(const char *script)
{
    lua_State  *L;

    L = luaL_newstate();
    model_redis_lua = L;

    luaL_openlibs(L);

    lua_newtable(L);
    lua_pushcfunction(L, model_redis_call);
    lua_setfield(L, -2, "call");
    lua_setglobal(L, "redis");

    lua_newtable(L);
    lua_pushstring(L, MODEL_REDIS_KEY);
    lua_rawseti(L, -2, 1);
    lua_setglobal(L, "KEYS");

    lua_newtable(L);
    lua_setglobal(L, "ARGV");

    if (luaL_dostring(L, model_redis_globals)
        || luaL_loadbuffer(L, script, strlen(script), "@lease"))
    {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        exit(1);
    }

    model_redis_chunk = luaL_ref(L, LUA_REGISTRYINDEX);
}


void
model_redis_done(void)
{
    lua_close(model_redis_lua);
}


/* numbers are cut, as Redis does */

static const char *
model_redis_answers(lua_State *L, int64_t *answers)
{
    int          i;
    const char  *text;

    if (!lua_istable(L, -1) || lua_objlen(L, -1) != MODEL_REDIS_ANSWERS) {
        return "not an answer";
    }

    for (i = 0; i < MODEL_REDIS_ANSWERS; i++) {
        lua_rawgeti(L, -1, i + 1);

        if (i == 0) {
            text = lua_tostring(L, -1);
            answers[0] = text ? text[0] : 0;

        } else if (lua_type(L, -1) == LUA_TNUMBER) {
            answers[i] = (int64_t) lua_tonumber(L, -1);

        } else {
            text = lua_tostring(L, -1);
            answers[i] = text ? strtoll(text, NULL, 10) : INT64_MIN;
        }

        lua_pop(L, 1);
    }

    return NULL;
}


const char *
model_redis_eval(model_redis_t *redis, uint64_t now, ngx_uint_t argc,
    char argv[][MODEL_REDIS_VALUE], int64_t *answers)
{
    lua_State   *L;
    ngx_uint_t   i;
    const char  *error;

    L = model_redis_lua;
    model_redis_store = redis;
    model_redis_now = now;

    lua_getglobal(L, "ARGV");

    for (i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, (int) i + 1);
    }

    lua_rawgeti(L, LUA_REGISTRYINDEX, model_redis_chunk);

    if (lua_pcall(L, 0, 1, 0)) {
        snprintf(model_redis_error, sizeof(model_redis_error), "%s",
                 lua_tostring(L, -1));
        error = model_redis_error;

    } else {
        error = model_redis_answers(L, answers);
    }

    lua_settop(L, 0);

    return error;
}


const char *
model_redis_get(const model_redis_t *redis, const char *name)
{
    model_redis_field_t  *f;

    f = model_redis_find((model_redis_t *) redis, name);

    return f ? f->value : "";
}


int64_t
model_redis_number(const model_redis_t *redis, const char *name)
{
    return strtoll(model_redis_get(redis, name), NULL, 10);
}
