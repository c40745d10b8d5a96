
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_meters_int.h"


/*
 * One gateway's counts of a month.  They are absolute, and numbers stay text,
 * since those of Lua are not exact: what is less than before has come late, or
 * is that of a new life, which counts on from there.
 */

ngx_str_t  ngx_apigw_meters_script = ngx_string(
    "local key, me = KEYS[1], 'gw:' .. ARGV[1]\n"
    "local names = {'requests', 'increments', 'bytes'}\n"
    "local function less(a, b)\n"
    "  return #a < #b or #a == #b and a < b\n"
    "end\n"
    "local old = {}\n"
    "local text = redis.call('HGET', key, me)\n"
    "for word in string.gmatch(text or '', '%d+') do\n"
    "  old[#old + 1] = word\n"
    "end\n"
    "local life = old[1] or ARGV[2]\n"
    "if less(ARGV[2], life) then\n"
    "  return old\n"
    "end\n"
    "local new = {ARGV[2]}\n"
    "for i = 1, 3 do\n"
    "  local before, now = old[i + 1] or '0', ARGV[i + 2]\n"
    "  if less(before, now) then\n"
    "    redis.call('HINCRBY', key, names[i], now)\n"
    "    if before ~= '0' then\n"
    "      redis.call('HINCRBY', key, names[i], '-' .. before)\n"
    "    end\n"
    "  elseif life == ARGV[2] then\n"
    "    now = before\n"
    "  end\n"
    "  new[i + 1] = now\n"
    "end\n"
    "redis.call('HSET', key, me, table.concat(new, ' '))\n"
    "redis.call('EXPIRE', key, 400 * 86400)\n"
    "return new\n"
);
