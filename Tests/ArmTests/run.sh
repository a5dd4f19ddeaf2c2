#!/bin/sh
# Compiles the kernels for AArch64 and compares every variant with the scalar reference under
# user-mode emulation, with and without the dot product and the matrix products; the reference itself
# must give what it gives on this machine.
#
#   Tests/ArmTests/run.sh          seed 1
#   Tests/ArmTests/run.sh SEED     other cases
#
# Where a tool is missing it says which and succeeds. Exits 1 if something differs.
set -eu
cd "$(dirname "$0")/../.."
seed=${1:-1}
build=.build/arm
clang=${CLANG:-clang}
# As in Package.swift.
flags='-std=gnu17 -O3 -ffp-contract=off -Wall -Wextra -Werror'
sources="-ISources/Numerics/CKernels/include Sources/Numerics/CKernels/*.c Tests/ArmTests/*.c -lm"
target='--target=aarch64-linux-gnu -static'

skip() {
  echo "NEON kernels: skipped, $1"
  echo 'On Debian and Ubuntu: apt-get install qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross'
  exit 0
}

command -v "$clang" >/dev/null || skip 'there is no clang (it comes with Swift)'
emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64) \
  || skip 'there is no emulator (qemu-aarch64)'
mkdir -p $build
echo 'int main(void) { return 0; }' >$build/try.c
"$clang" $target $build/try.c -lm -o $build/try 2>$build/try.log \
  || skip "clang can't link for AArch64 (see $build/try.log)"

"$clang" $flags $sources -o $build/here
"$clang" $target $flags $sources -o $build/there

# <name> <variants it must find> <command…>
run() {
  name=$1 wanted=$2
  shift 2
  echo "$name"
  "$@" "$seed" >"$build/$name.log" || { cat "$build/$name.log"; echo "$name: FAILED"; exit 1; }
  sed -n '2,$p' "$build/$name.log"
  found=$(sed -n 's/^.*variants: //p' "$build/$name.log")
  case $found in
  $wanted) ;;
  *) echo "$name: FAILED, found the variants $found"; exit 1 ;;
  esac
}

run this-machine 'scalar*' $build/here
run cortex-a53 'scalar neon' "$emulator" -cpu cortex-a53 $build/there
run cortex-a76 'scalar neon neondot' "$emulator" -cpu cortex-a76 $build/there
run i8mm 'scalar neon neondot neoni8mm' "$emulator" -cpu max $build/there

digest=$(sed -n 's/^digest //p' $build/this-machine.log)
for name in cortex-a53 cortex-a76 i8mm; do
  grep -q "^digest $digest\$" $build/$name.log || {
    echo "FAILED: the scalar reference gives other bits on $name than on this machine"
    exit 1
  }
done
echo "NEON kernels: ok, seed $seed, every bit that of the scalar reference, here and on AArch64"
