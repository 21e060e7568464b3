#!/usr/bin/env bash
# What is deployed: `sam build` of the three functions, for x86-64.
set -euo pipefail

# SAM's cache goes by the folder of a function: it would miss a change of `shared`.
sam build --no-cached

# SAM cannot pass --locked.
git diff --exit-code Cargo.lock || { echo "sam build has changed Cargo.lock" >&2; exit 1; }

python3 - "$LANE_BUILT" <<'PYTHON'
import pathlib, sys, tempfile, zipfile

# Lambda takes 50 MB; more than this is a dependency that nobody meant to add.
MOST = 5_000_000
built = sorted(pathlib.Path(sys.argv[1]).glob("*/bootstrap"))
sizes = {}
for binary in built:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(binary, "bootstrap")
        sizes[binary.parent.name] = file.tell()
    print(f"{binary.parent.name:<26} {binary.stat().st_size / 1e6:5.2f} MB, zip {sizes[binary.parent.name] / 1e6:5.2f} MB")
sys.exit(0 if len(sizes) == 3 and max(sizes.values()) <= MOST else f"three zips of at most {MOST} bytes: {sizes}")
PYTHON
