
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_apigw_meters_int.h"


/*
 * One gateway's counts of a month.  They are absolute, and numbers stay text,
 * since those of Lua are not exact.  What is less than before has come late,
 * or is that of a new life, which counts on from there; one that is two lives
 * ahead comes from another past, and adds nothing but what it counts later.
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
    "local life = tonumber(ARGV[2]) - tonumber(old[1] or ARGV[2])\n"
    "if life < 0 then\n"
    "  return old\n"
    "end\n"
    "local new = {ARGV[2]}\n"
    "for i = 1, 3 do\n"
    "  local before, now = old[i + 1] or '0', ARGV[i + 2]\n"
    "  if life < 2 and less(before, now) then\n"
    "    redis.call('HINCRBY', key, names[i], now)\n"
    "    if before ~= '0' then\n"
    "      redis.call('HINCRBY', key, names[i], '-' .. before)\n"
    "    end\n"
    "  elseif life == 0 then\n"
    "    now = before\n"
    "  end\n"
    "  new[i + 1] = now\n"
    "end\n"
    "redis.call('HSET', key, me, table.concat(new, ' '))\n"
    "redis.call('EXPIRE', key, 400 * 86400)\n"
    "return new\n"
);
