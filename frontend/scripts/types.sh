#!/bin/sh
# Writes the types of what the server says: types.sh [folder of the documents] [folder of the sources]
set -eu
documents=${1:-.}
sources=${2:-src}
generate() {
  openapi-typescript "$1" --output "$2" --alphabetize --immutable --default-non-nullable false
}
mkdir -p "$sources/api" "$sources/room"
generate "$documents/openapi.json" "$sources/api/schema.d.ts"
generate "$documents/rooms.json" "$sources/room/wire.d.ts"
