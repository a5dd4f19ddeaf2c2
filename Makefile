# Everything is built in release configuration: the tests then try the very code that people run,
# and one build serves both.

SWIFT ?= swift
CONFIGURATION = -c release
COMMANDS = .build/release

# Where `make install` puts the commands and the demo's backbone.
PREFIX ?= /usr/local

# Which schedules `make simulate` runs.
SEED ?= 1
SCHEDULES ?= 10000

# How many runs `make chaos` disturbs, and how often `make recovery` does each thing.
RUNS ?= 20

# The system's C libraries, by the names of Debian and Ubuntu.
PACKAGES = libzmq3-dev libprotobuf-c-dev libjpeg-dev libpng-dev zlib1g-dev libwebp-dev libtiff-dev libde265-dev \
  libdav1d-dev libssl-dev libsqlite3-dev \
  libcurl4-openssl-dev libarchive-dev libcairo2-dev libmicrohttpd-dev libavahi-client-dev fonts-dejavu-core

# An emulator for AArch64 and a C library to link against.
PACKAGES_ARM = qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross

# What packages are made and looked over with.
PACKAGES_PACKAGING = dpkg-dev patchelf binutils xz-utils lintian systemd man-db

# Commands that bring the Swift runtime along, with nothing in them of where and when they were built.
PACKAGED = .build/packaged
PACKAGED_FLAGS = --scratch-path $(PACKAGED) --static-swift-stdlib -Xswiftc -gnone -Xcc -g0 \
  -Xswiftc -file-prefix-map -Xswiftc '$(CURDIR)=.' -Xcc '-ffile-prefix-map=$(CURDIR)=.' \
  -Xlinker -z -Xlinker now

# Where packages go.
OUTPUT ?= .build/packages

SOURCES = Package.swift Sources Tests Fuzz

.PHONY: help deps deps-arm build commands run install test test-arm test-asan test-all simulate mutations chaos recovery fuzz format lint
.PHONY: test-hosts test-slurm bench bench-quick bench-run deps-packaging packaged-commands deb tarball check-deb check-units clean

help:
	@echo 'make run       see it work: train the demo with two workers on this machine'
	@echo 'make build     build the commands into $(COMMANDS)'
	@echo 'make install   put the commands into PREFIX (/usr/local)'
	@echo 'make deb       make a Debian package that needs no Swift, in OUTPUT (.build/packages)'
	@echo 'make tarball   the same to unpack anywhere, with its C libraries'
	@echo 'make check-deb look the package and its services over'
	@echo 'make test      build and run all tests'
	@echo 'make test ONLY=WireTests  build and run the tests of one module; FILTER=REGEX chooses of them'
	@echo 'make test-arm  try the kernels of ARM processors under emulation'
	@echo 'make test-all  all tests, the long ones and the NEON kernels as well, and a minute of'
	@echo '               fuzzing each parser'
	@echo 'make test-asan  tests with real processes under AddressSanitizer'
	@echo 'make simulate  run 10,000 schedules of faults against a simulated cluster'
	@echo 'make mutations break the cores on purpose and see whether the simulation notices'
	@echo 'make test-hosts  several hosts on this machine, that find each other, and whose cables break'
	@echo 'make test-slurm  jobs on a throwaway Slurm of four nodes'
	@echo 'make chaos     kill, freeze and restart real processes, and compare their results'
	@echo 'make recovery  measure how soon a lost worker or coordinator is got over'
	@echo 'make bench     measure this machine beside its peers; KERNELS=avx2 as if it had no AVX-512,'
	@echo '               NETWORKS="mobilenetv3_large_100" also other networks'
	@echo 'make bench-quick  the essential of it in two minutes'
	@echo 'make bench-run measure a whole run beside the same job done with Keras and OpenVINO'
	@echo 'make fuzz      try every parser with random bytes, SECONDS=60 each'
	@echo 'make deps      install the C libraries that are missing (Debian, Ubuntu)'
	@echo 'make format    put the Swift sources into the one format'
	@echo 'make lint      say where the Swift sources are in another format'
	@echo 'make clean     remove what was built'

# Installs packages of $(1) that are missing; $(2) is what else to say where that fails.
define install_missing
	missing=''; \
	for package in $(1); do \
	  dpkg-query -W -f '$${Status}\n' $$package 2>/dev/null | grep -q '^install ok installed' \
	    || missing="$$missing $$package"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	echo "Installing$$missing"; \
	sudo=''; [ "$$(id -u)" -eq 0 ] || sudo=sudo; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$sudo apt-get update -qq || echo 'apt-get update failed; trying with the lists there are' >&2; \
	$$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null \
	  || { echo "Could not install$$missing; $(2)" >&2; exit 1; }
endef

deps:
	@if ! command -v $(SWIFT) >/dev/null; then \
	  echo 'tl needs Swift 6.3 or newer: see https://www.swift.org/install' >&2; exit 1; \
	fi; \
	if ! command -v dpkg-query >/dev/null; then \
	  echo 'tl needs the development files of ZeroMQ, protobuf-c, libjpeg-turbo,' >&2; \
	  echo 'libpng, libwebp, libtiff, libde265, dav1d, OpenSSL, SQLite, libcurl, libarchive, cairo, libmicrohttpd and Avahi; install them with the package' >&2; \
	  echo 'manager of this system.' >&2; \
	  exit 0; \
	fi; \
$(call install_missing,$(PACKAGES),install them by hand then run make again.)

# What `make test-arm` needs; it is skipped, aloud, where this fails.
deps-arm:
	@command -v dpkg-query >/dev/null || exit 0; \
	( : ; $(call install_missing,$(PACKAGES_ARM),the kernels of ARM processors will not be tried.) ) || true

build: deps
	$(SWIFT) build $(CONFIGURATION)

# What people use, without the tools for working on it: half the time of building everything.
commands: deps
	$(SWIFT) build $(CONFIGURATION) --product tl-coord
	$(SWIFT) build $(CONFIGURATION) --product tl-worker

run: commands
	@exec $(COMMANDS)/tl-coord start --local-workers 2

install: commands
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/tl'
	install $(COMMANDS)/tl-coord $(COMMANDS)/tl-worker '$(DESTDIR)$(PREFIX)/bin'
	install -m 644 Sources/Commands/tl-coord/Resources/*.onnx '$(DESTDIR)$(PREFIX)/share/tl'

deps-packaging:
	@$(call install_missing,$(PACKAGES_PACKAGING),install them by hand then run make again.)

packaged-commands: deps
	$(SWIFT) build $(CONFIGURATION) $(PACKAGED_FLAGS) --product tl-coord
	$(SWIFT) build $(CONFIGURATION) $(PACKAGED_FLAGS) --product tl-worker

deb: deps-packaging packaged-commands
	@packaging/deb $(PACKAGED)/release '$(OUTPUT)'

tarball: deps-packaging packaged-commands
	@packaging/tarball $(PACKAGED)/release '$(OUTPUT)'

# lintian has something to say about a package that isn't in Debian; packaging/debian/lintian-overrides
# says why each of these doesn't count.
check-deb: deb
	lintian --info --display-info --fail-on error,warning,info "$$(ls -t '$(OUTPUT)'/*.deb | head -n 1)"
	packaging/check-units

check-units:
	packaging/check-units

# With ONLY=ClusterCoreTests, or several with commas between, just these are built and run: in debug
# configuration, whose incremental builds are quicker, and in a build folder of their own.
ifdef ONLY
test: export TL_TESTS = $(ONLY)
test: CONFIGURATION = --scratch-path .build/only
endif
test: deps
	$(SWIFT) build $(CONFIGURATION) --build-tests
	@exec $(SWIFT) test $(CONFIGURATION) --skip-build $(if $(FILTER),--filter '$(FILTER)')

# Needs clang, an emulator and the C library of AArch64; without them it says so and succeeds.
test-arm:
	@exec Tests/ArmTests/run.sh $(SEED)

# Real processes under AddressSanitizer, in debug configuration. Left out are what is held against a
# limit of memory, which it takes much of, and the demo, which takes minutes to paint.
test-asan: deps
	$(SWIFT) build --sanitize address --scratch-path .build/asan --build-tests
	@ASAN_OPTIONS=detect_leaks=0 exec $(SWIFT) test --sanitize address --scratch-path .build/asan \
	  --skip-build --filter ProcessTests --skip FloodTests --skip DemoTests

test-all: deps
	$(SWIFT) build $(CONFIGURATION) --build-tests
	@TL_TEST_ALL=1 exec $(SWIFT) test $(CONFIGURATION) --skip-build
	Tests/ArmTests/run.sh
	Fuzz/run.sh 60

simulate: deps
	$(SWIFT) build $(CONFIGURATION) --product tl-simulate
	@exec $(COMMANDS)/tl-simulate --seed $(SEED) --schedules $(SCHEDULES) --every-failure

# Both need root and programs of the system; without them they say so and succeed. That tl can be brought to
# hosts is tried with the tarball, where `make tarball` has made one.
test-hosts: commands
	@cluster/hosts/discovery $(COMMANDS)
	@cluster/hosts/install $(COMMANDS)
	@exec cluster/hosts/check $(COMMANDS)

test-slurm: commands
	@exec cluster/slurm/check $(COMMANDS)

chaos: build
	@exec $(COMMANDS)/tl-chaos --runs $(RUNS)

recovery: build
	@exec $(COMMANDS)/tl-chaos recovery --rounds $(RUNS)

mutations: deps
	@exec mutations/run

# tl beside its peers on MobileNetV2; the peers are installed into the build folder.
BENCH_PYTHON = .build/benchmarks/python
BENCH_EXPORTER = .build/benchmarks/exporter
BENCH_DATA ?= $(or $(TL_TEST_DATA),../shared/data)
BENCH_BACKBONE = $(BENCH_DATA)/mobilenet_v2_1.0_224.onnx
# KERNELS=avx2 or avxvnni measures as on a processor without AVX-512; NETWORKS='mobilenetv3_large_100 …'
# also compares networks of timm.
ifdef KERNELS
bench: export TL_KERNELS = $(KERNELS)
endif
BENCH_HELD = $(if $(KERNELS),--kernels $(KERNELS))
BENCH_NETWORKS = $(if $(NETWORKS),--networks $(NETWORKS) --exporter $(BENCH_EXPORTER)/bin/python)
bench: build $(BENCH_PYTHON) $(if $(NETWORKS),$(BENCH_EXPORTER))
	@$(BENCH_PYTHON)/bin/python Benchmarks/compare.py --backbone '$(BENCH_BACKBONE)' $(BENCH_HELD) $(BENCH_NETWORKS)
	@$(BENCH_PYTHON)/bin/python Benchmarks/decode.py --data '$(BENCH_DATA)/flower_photos' $(BENCH_HELD)
	@$(COMMANDS)/tl-bench fetch --data '$(BENCH_DATA)/flower_photos'
	@$(COMMANDS)/tl-bench extract --data '$(BENCH_DATA)/flower_photos' --preprocess inception \
	  --backbone '$(BENCH_BACKBONE)'
	@$(COMMANDS)/tl-bench run --data '$(BENCH_DATA)/flower_photos' --preprocess inception \
	  --backbone '$(BENCH_BACKBONE)'
	@$(BENCH_PYTHON)/bin/python Benchmarks/steps.py $(BENCH_HELD)

# The essential of it in two minutes, beside those peers that are there; needs neither them nor Python.
bench-quick: deps
	$(SWIFT) build $(CONFIGURATION) --product tl-bench
	@Benchmarks/quick $(COMMANDS)/tl-bench '$(BENCH_DATA)/flower_photos' '$(BENCH_BACKBONE)' $(BENCH_HELD)

# The same job done with its peers, from photographs to a classifier; Keras alone takes minutes.
bench-run: build $(BENCH_PYTHON)
	@$(BENCH_PYTHON)/bin/python Benchmarks/run.py --data '$(BENCH_DATA)/flower_photos' \
	  --backbone '$(BENCH_BACKBONE)' $(BENCH_HELD)

# Installed as a whole or not at all.
$(BENCH_PYTHON): Benchmarks/requirements.txt
$(BENCH_EXPORTER): Benchmarks/requirements-networks.txt
$(BENCH_PYTHON) $(BENCH_EXPORTER):
	@rm -rf $@ && python3 -m venv $@ && $@/bin/pip install -q -r $< && touch $@ \
	  || { rm -rf $@; echo "What $< lists could not be installed." >&2; exit 69; }

fuzz: deps
	@exec Fuzz/run.sh $(SECONDS) $(TARGETS)

format:
	$(SWIFT) format -i --recursive $(SOURCES)

lint:
	$(SWIFT) format lint --strict --recursive $(SOURCES)

clean:
	$(SWIFT) package clean
