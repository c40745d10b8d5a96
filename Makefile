# ngx_apigw: the front door.  NGINX_SRC=dir builds against a source tree of
# nginx instead of Debian's nginx-dev.

BUILD = build
JOBS = $(shell nproc)

# of tests that mostly wait
WAITING = $(shell expr 2 \* `nproc`)

BASE = ngx_apigw_module/base
CORE = ngx_apigw_module/core
MODULE = $(BUILD)/ngx_apigw_module.so

UNIT_CC = gcc
UNIT_CFLAGS = -std=gnu99 -O1 -g -W -Wall -Wextra -Wpointer-arith -Wshadow \
	-Wstrict-prototypes -Wno-unused-parameter -Werror \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-DNGX_APIGW_STUB=1 -It/unit -I$(BASE) -I$(CORE)
FUZZ_CFLAGS = -std=gnu99 -O1 -g -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined -DNGX_APIGW_STUB=1 -It/unit -I$(BASE) \
	-I$(CORE)
FUZZ_SECONDS = 3

UNITS = $(patsubst t/unit/%.c,$(BUILD)/unit/%,$(wildcard t/unit/test_*.c))
FUZZERS = $(patsubst t/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard t/fuzz/fuzz_*.c))

# base/, and what of core/ is pure
PURE = $(wildcard $(BASE)/*.c) $(CORE)/ngx_apigw_redis_proto.c \
	$(CORE)/ngx_apigw_redis_url.c

# compiled once for all tests, and once for all fuzzers; names are unique
UNIT_SRCS = $(notdir t/unit/ngx_stub.c $(PURE))
UNIT_HEADERS = $(wildcard $(BASE)/*.h $(CORE)/*.h t/unit/*.h)
UNIT_OBJS = $(UNIT_SRCS:%.c=$(BUILD)/unit/obj/%.o)
FUZZ_OBJS = $(UNIT_SRCS:%.c=$(BUILD)/fuzz/obj/%.o)

vpath %.c t/unit $(BASE) $(CORE)

UNIT_LIBS = -l:libhiredis.a -ljansson -lcrypto -lpthread

MODEL_SRCS = $(wildcard t/unit/model_*.c)

# tests that wait most of the time, for what others do not disturb
SYS_WAITING = $(wildcard t/sys/jwt_*.t) t/sys/introspection.t \
	t/sys/revoked.t

MODULE_DEPS = config config.make $(wildcard ngx_apigw_module/*/*.[ch]) \
	$(wildcard ngx_apigw_module/assets/*)


all: module

module: $(MODULE)

$(MODULE): $(MODULE_DEPS)
	@t/tools/deps.sh build
	@echo "building $@: some minutes"
	@t/tools/build.sh $(BUILD)
	@touch $@

run: module
	@t/tools/deps.sh run
	@t/tools/run.sh $(MODULE)

unit: unit-deps
	@$(MAKE) --no-print-directory -j$(JOBS) $(UNITS)
	prove -j$(JOBS) --exec '' $(UNITS)

unit-deps:
	@t/tools/deps.sh build test

fuzz: unit-deps
	@$(MAKE) --no-print-directory -j$(JOBS) $(FUZZERS)
	@t/tools/fuzz.sh $(FUZZ_SECONDS) $(FUZZERS)

itest: module
	@t/tools/deps.sh test
	t/tools/prove.sh -j$(WAITING) t/

sys: module
	@t/tools/deps.sh test
	t/tools/prove.sh -j$(WAITING) $(SYS_WAITING)
	t/tools/prove.sh $(filter-out $(SYS_WAITING),$(wildcard t/sys/*.t))

runner:
	@t/tools/deps.sh build test
	TEST_NGINX_LOAD_MODULES= t/tools/prove.sh -j$(JOBS) t/runner/

test: unit fuzz runner itest sys

asan:
	@t/tools/deps.sh build test asan
	@t/tools/asan.sh

valgrind: module
	@t/tools/deps.sh test valgrind
	@t/tools/valgrind.sh

static:
	@t/tools/deps.sh build asan
	@t/tools/static.sh

real: module
	@t/tools/deps.sh test real
	t/tools/prove.sh t/real/

# "sys" has times that others would stretch, so it is alone; the rest is made in
# lanes, while npm fetches what "real" wants.  LINT=lint is one more.

test-all: all-deps
	@failed=; export MAKE="$(MAKE)"; \
	t/tools/lanes.sh sys || failed=1; \
	t/tools/lanes.sh "real-deps real runner valgrind itest static" \
	    "$(LINT) unit fuzz asan" || failed=1; \
	[ -z "$$failed" ]

all-deps:
	@t/tools/deps.sh build test asan valgrind $(LINT)
	@$(MAKE) --no-print-directory module

real-deps:
	@t/tools/deps.sh real
	@t/tools/npm.sh

bench: module
	@t/tools/deps.sh bench
	@t/bench/bench.sh

lint: module
	@t/tools/deps.sh build test lint
	@t/lint/lint.sh

fmt:
	@t/tools/deps.sh lint
	@t/lint/fmt.sh

install: module
	@t/tools/install.sh $(MODULE)

clean:
	rm -rf $(BUILD) t/servroot*

$(BUILD)/unit/obj/%.o: %.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	@$(UNIT_CC) $(UNIT_CFLAGS) -c -o $@ $<

$(BUILD)/unit/%: t/unit/%.c $(UNIT_OBJS) $(UNIT_HEADERS)
	@mkdir -p $(@D)
	@echo $@
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $< $(UNIT_MORE) $(UNIT_OBJS) $(UNIT_LIBS)

$(BUILD)/unit/test_lease_model: UNIT_MORE = $(MODEL_SRCS)
$(BUILD)/unit/test_lease_model: UNIT_LIBS += -llua5.1
$(BUILD)/unit/test_lease_model: $(MODEL_SRCS) $(CORE)/ngx_apigw_lease_script.c

$(BUILD)/fuzz/obj/%.o: %.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	@clang $(FUZZ_CFLAGS) -c -o $@ $<

$(BUILD)/fuzz/%: t/fuzz/%.c $(FUZZ_OBJS) $(UNIT_HEADERS)
	@mkdir -p $(@D)
	@echo $@
	@clang $(FUZZ_CFLAGS) -o $@ $< $(FUZZ_OBJS) $(UNIT_LIBS)

# objects stay
.SECONDARY: $(UNIT_OBJS) $(FUZZ_OBJS)

.PHONY: all module run unit unit-deps fuzz itest sys runner test asan \
	valgrind static real test-all all-deps real-deps bench lint fmt \
	install clean
