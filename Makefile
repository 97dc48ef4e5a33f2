# The front door. Meson and ninja build; this only says what people want to do.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
MOUNT ?= /mailslot
SANITIZE ?=
SUITES ?=
FUZZ_SECONDS ?= 30

.DELETE_ON_ERROR:
.NOTPARALLEL:

.PHONY: all
all:
	@scripts/build $(BUILD)

.PHONY: run
run:
	@MOUNT='$(MOUNT)' scripts/run

.PHONY: test
test:
	@scripts/test $(SUITES)

.PHONY: lint
lint:
	@scripts/setup lint test
	@scripts/lint

.PHONY: bench
bench: all
	@tests/bench/run

.PHONY: fuzz
fuzz:
	@scripts/setup sanitize
	@scripts/fuzz $(FUZZ_SECONDS)

.PHONY: install
install:
	@scripts/build $(BUILD) -Dprefix='$(PREFIX)'
	@DESTDIR='$(DESTDIR)' meson install -C $(BUILD) --no-rebuild

.PHONY: deb
deb:
	@scripts/setup deb
	@BUILD='$(BUILD)' scripts/deb

.PHONY: deb-test
deb-test:
	@scripts/setup deb
	@BUILD='$(BUILD)' scripts/deb-test

.PHONY: clean
clean:
	rm -rf build build-*

.PHONY: help
help:
	@echo 'make            build build/mailslotfs and build/mailslot'
	@echo 'make run        install what is missing, build, mount at MOUNT, unmount on Ctrl-C'
	@echo 'make test       install what is missing, build, run the tests; last line: N passed, N failed'
	@echo 'make lint       formatting, clang-tidy, shellcheck'
	@echo 'make fuzz       run every fuzz target for FUZZ_SECONDS'
	@echo 'make bench      measure this build on this machine'
	@echo 'make install    into DESTDIR/PREFIX'
	@echo 'make deb        Debian packages for this Debian, in BUILD/deb'
	@echo 'make deb-test   build, install, use, upgrade and purge them in clean Debian 12 and 13 systems; as root'
	@echo 'make clean      remove everything that was built'
	@echo
	@echo 'Variables:'
	@echo '  MOUNT=/mailslot       where make run mounts'
	@echo '  SUITES="unit mount"   what make test runs: unit mount shell lang net, or one program as unit/NAME'
	@echo '  TRANSPORT=uring       tests over io_uring or /dev/fuse (dev) alone, instead of both where that can be'
	@echo '  SANITIZE=address      make test in a build with that sanitizer (address, thread) in build-address'
	@echo '  JOBS=2                compilers, and test programs, at a time'
	@echo '  WERROR=1              warnings are errors'
	@echo '  FUZZ_SECONDS=30       for each fuzz target'
	@echo '  PREFIX=/usr/local DESTDIR=   where make install puts things'
	@echo '  BUILD=build           the build directory'
