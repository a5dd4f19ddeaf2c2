#!/bin/sh
# Fuzzes the parsers that see foreign bytes, with libFuzzer and AddressSanitizer.
#
#   Fuzz/run.sh                    each parser for 60 seconds
#   Fuzz/run.sh SECONDS            each for so long
#   Fuzz/run.sh SECONDS NAME…      these ones alone
#   RUNS=1000000 Fuzz/run.sh 600   each until so many executions, or so long
#   SEED=1 Fuzz/run.sh             the same inputs every time, as far as time allows
#
# Inputs that reach new code gather in .build/fuzz/corpus; an input that breaks a parser is written
# to .build/fuzz/finds, and belongs into Fuzz/Corpus/<name> once the parser is mended: everything
# there is tried first, every time. Exits 1 if a parser broke.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
runs=${RUNS:--1}
seed=${SEED:-0}
# Swift's own report of a crash would come in the way of libFuzzer's.
export SWIFT_BACKTRACE=enable=no
build=.build/fuzz

# <name> <longest input in bytes> <largest allocation in MiB>
targets='
worker-message 4096 2
coordinator-message 4096 2
object-message 512 2
token 256 2
announcement 2048 2
onnx 4096 20
backbone 16384 64
int8-backbone 16384 64
jpeg 4096 16
png 4096 16
gif 4096 300
bmp 4096 64
tiff 4096 600
webp 4096 64
heic 4096 600
avif 4096 600
manifest 4096 2
labels 512 2
checkpoint 4096 4
calibration 4096 4
configuration 4096 4
progress-log 1024 4
archive 4096 64
answer-head 512 2
form 2048 2
'

# An archive that is there already keeps the objects of files that are gone.
rm -f $build/release/libFuzz.a
TL_FUZZ=1 swift build -c release --scratch-path $build --product Fuzz \
  -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=fuzzer-no-link,address
swiftc -use-ld=lld -sanitize=fuzzer,address $build/release/libFuzz.a -o $build/tl-fuzz \
  -lprotobuf-c -lpng -lz -ljpeg -lwebp -lwebpdemux -ltiff -lde265 -lcrypto -lzmq -larchive -lcurl -lmicrohttpd

mkdir -p $build/finds
rm -f $build/broken
echo "$targets" | while read -r name bytes megabytes; do
  [ -n "$name" ] || continue
  case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
  corpus=$build/corpus/$name
  mkdir -p "$corpus" "Fuzz/Corpus/$name"
  export TL_FUZZ_TARGET="$name"
  $build/tl-fuzz --seeds "$corpus"
  if $build/tl-fuzz "$corpus" "Fuzz/Corpus/$name" -max_len="$bytes" \
    -malloc_limit_mb="$megabytes" -rss_limit_mb=2048 -timeout=60 \
    -max_total_time="$seconds" -runs="$runs" -seed="$seed" -artifact_prefix="$build/finds/$name-" \
    -print_final_stats=1 >"$build/$name.log" 2>&1
  then
    result=ok
  else
    result=BROKEN
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")
  echo "$name: ${executions:-?} executions, $result"
  [ $result = ok ] || { tail -n 40 "$build/$name.log"; touch $build/broken; }
done
[ ! -e $build/broken ]
