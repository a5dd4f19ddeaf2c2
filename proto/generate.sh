#!/bin/sh
# Regenerates the C sources of the messages from the .proto files beside this script.
#
#   proto/generate.sh            into Sources/
#   proto/generate.sh FOLDER     into FOLDER, for a comparison with what is checked in
#
# Needs protoc-c (Debian: protobuf-c-compiler).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-$here/../Sources}

generate() { # <proto name> <folder of the target>
  mkdir -p "$root/$2/include"
  protoc-c --proto_path="$here" --c_out="$root/$2" "$here/$1.proto"
  mv "$root/$2/$1.pb-c.h" "$root/$2/include/"
}

generate onnx_subset Numerics/COnnxMessages
generate wire Cluster/CWireMessages
generate event_subset Commands/CEventMessages
