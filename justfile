# Every recipe stops at the first failure.
set shell := ["bash", "-euo", "pipefail", "-c"]

# The crates whose tests of HTTP rules, use cases and parsers need no server.
quick_crates := "auth-domain auth-http-input auth-strict-json auth-adapter-jwt auth-server"

# Black-box tests that hold on every store. The other tests are about one kind of store, or start no program.
on_any_store := "--test access_tokens --test audit --test bad_requests --test cli --test concurrent_refresh --test configuration --test cors \
    --test crash --test documentation --test http_rules --test known_addresses --test limit_commands --test limits --test login --test logout \
    --test memory --test nginx --test races --test refresh --test refresh_limits --test reuse --test secrets \
    --test shutdown --test slow_clients --test status_table --test timing --test traces \
    --test verification"

# Those of them that are about users and sessions in the database, and its connections. A pooler that keeps a server process for each
# client, pool_mode = session, changes nothing for the others.
about_the_database := "--test access_tokens --test audit --test cli --test concurrent_refresh --test crash --test known_addresses \
    --test limit_commands --test limits --test login --test logout --test races --test refresh --test reuse --test shutdown \
    --test verification"

# List the recipes
default:
    @just --list --unsorted

# Check everything: packages, format, lints, every crate's own tests, documentation
test: system-packages password-kernel fmt-check lint crate-tests e2e-on-servers docs

# Print the instruction set that computes password hashes on this machine
password-kernel:
    @cargo test --quiet --package auth-adapter-argon2 --lib -- --nocapture the_kernel_of_this_machine_has_a_name \
        | grep 'password kernel'

# Run the tests that start no program and no store, in seconds once built
unit:
    @for crate in {{ quick_crates }}; do echo "== $crate"; cargo test --quiet --all-features --package "$crate"; done

# Test the real binary from outside, and the layering
e2e *ARGS:
    @cargo test --quiet --package auth-e2e {{ ARGS }}

# The same black-box tests once more, on Postgres and Redis in place of the embedded store
e2e-on-servers:
    @echo; echo "== auth-e2e on Postgres and Redis"; \
    HOOKSENTRY_AUTH_E2E_STORES=servers cargo test --quiet --package auth-e2e {{ on_any_store }}

# The same black-box tests once more on each form of Redis with several servers: behind Sentinel, and as a cluster
e2e-redis-forms *ARGS:
    @for form in sentinel cluster; do \
        echo; echo "== auth-e2e on Postgres and Redis, $form"; \
        HOOKSENTRY_AUTH_E2E_STORES=$form cargo test --quiet --package auth-e2e {{ on_any_store }} {{ ARGS }}; \
    done

# Run the tests with third-party programs that `just test` does not need: proxies, PgBouncer, Prometheus, libfaketime, Java, Mono, Chromium, validators (Debian 12)
interop: system-packages interop-packages
    @cargo test --quiet --package auth-e2e --test interop -- --ignored --test-threads 1
    @cargo test --quiet --package auth-e2e --test fault_scenarios -- --ignored
    @cargo test --quiet --package auth-testkit --test servers -- --ignored
    @{{ just_executable() }} --justfile {{ justfile() }} e2e-behind-pgbouncer session {{ about_the_database }}
    @{{ just_executable() }} --justfile {{ justfile() }} e2e-behind-pgbouncer transaction {{ on_any_store }}

# Black-box tests on Postgres behind PgBouncer, in a pool_mode
e2e-behind-pgbouncer MODE *TESTS:
    @echo; echo "== auth-e2e behind PgBouncer, pool_mode = {{ MODE }}"; \
    HOOKSENTRY_AUTH_E2E_STORES=servers HOOKSENTRY_AUTH_E2E_POOLER={{ MODE }} cargo test --quiet --package auth-e2e {{ TESTS }}

# Fuzz a running server by its OpenAPI document, on each kind of store, with EXAMPLES requests for each operation
fuzz-api EXAMPLES="1000" SEED="1": system-packages interop-python
    @HOOKSENTRY_AUTH_FUZZ_EXAMPLES={{ EXAMPLES }} HOOKSENTRY_AUTH_FUZZ_SEED={{ SEED }} \
    cargo test --quiet --package auth-e2e --test interop -- --ignored --nocapture --test-threads 1 api_fuzzing

# Fuzz the parsers of client input with the nightly toolchain: all targets, or one, for SECONDS each
fuzz SECONDS="60" TARGET="": fuzz-tool
    #!/usr/bin/env bash
    set -euo pipefail
    cd fuzz
    target="{{ TARGET }}"
    # Without certificates of the system, a URL with TLS costs microseconds and not the parsing of a hundred certificates.
    export SSL_CERT_FILE=/dev/null
    for target in ${target:-$(cargo +nightly fuzz list)}; do
        echo; echo "== fuzz target $target"
        mkdir -p "corpus/$target"
        cargo +nightly fuzz run "$target" "corpus/$target" "seeds/$target" -- -dict="dictionaries/$target.dict" \
            -max_total_time={{ SECONDS }} -timeout=2 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1
    done

# Install what only `just fuzz` needs
[private]
fuzz-tool:
    #!/usr/bin/env bash
    set -euo pipefail
    if ! cargo +nightly --version >/dev/null 2>&1; then
        echo "just fuzz needs the nightly toolchain. Run this, then try again:" >&2
        echo "    rustup toolchain install nightly --profile minimal" >&2
        exit 1
    fi
    command -v c++ >/dev/null || {{ just_executable() }} --justfile {{ justfile() }} install g++
    cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz

# Draw docs/board.png, the board of Grafana, from the metrics of three instances under five minutes of load
board-picture: system-packages interop-packages
    #!/usr/bin/env bash
    set -euo pipefail
    command -v pngquant >/dev/null || {{ just_executable() }} --justfile {{ justfile() }} install pngquant
    export HOOKSENTRY_AUTH_BOARD_PICTURE="{{ justfile_directory() }}/docs/board.png"
    cargo test --quiet --package auth-e2e --test interop -- --ignored board::every_panel
    pngquant --force --ext .png --speed 1 --nofs 40 "$HOOKSENTRY_AUTH_BOARD_PICTURE"

# Load under random faults takes HOOKSENTRY_AUTH_SOAK_MINUTES (60) on each form of Redis.
#
# Run the randomised tests with their full figures, on a release build, and each fuzz target for a minute (four hours or more)
soak: system-packages fake-clock fuzz
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release --package auth-server
    SOAK=1 cargo test --release --package auth-adapter-argon2 --lib -- kernel
    SOAK=1 cargo test --release --package auth-domain --test session_life -- --nocapture
    SOAK=1 cargo test --release --package auth-adapter-redis --test redis -- equality schedules
    export SOAK=1 HOOKSENTRY_AUTH_E2E_BINARY="${CARGO_TARGET_DIR:-{{ justfile_directory() }}/target}/release/hooksentry-auth"
    cargo test --package auth-e2e --test races --test crash --test servers
    cargo test --package auth-e2e --test fault_scenarios -- --include-ignored
    cargo test --package auth-e2e --test high_availability -- --include-ignored --nocapture
    HOOKSENTRY_AUTH_E2E_STORES=servers cargo test --package auth-e2e --test races --test crash
    {{ just_executable() }} --justfile {{ justfile() }} e2e-redis-forms

# Copy the figures of the last `just soak` into docs/reliability.md
reliability:
    @cargo test --quiet --package auth-e2e --test reliability -- --ignored

# Measure the release build and the limits of the machine: requests per second, latencies, processor time, memory (ten minutes)
bench *MEASURES: system-packages bench-packages
    @cargo bench --quiet --package auth-server --bench service -- {{ MEASURES }}

# Print rotations per second of the embedded store, compared with `append + fdatasync` (one minute)
bench-embedded: system-packages
    @cargo bench --quiet --package auth-adapter-sqlite --bench rotation

# Print verifications per second of the password adapter, compared with its kernel alone (half a minute)
bench-passwords:
    @cargo bench --quiet --package auth-adapter-argon2 --bench hash

# Print operations per second of the store adapters, compared with the benchmarks of the servers (five minutes)
bench-stores: system-packages
    @cargo bench --quiet --package auth-adapter-redis --bench stores
    @cargo bench --quiet --package auth-adapter-postgres --bench lookup

# Print the time of a verification, compared with HMAC and the JWT library, and the delay of a logout elsewhere (some minutes)
bench-verify: system-packages
    @cargo bench --quiet --package auth-verifier --bench verify
    @cargo build --quiet --release --package auth-server; echo; \
    SOAK=1 HOOKSENTRY_AUTH_E2E_BINARY="${CARGO_TARGET_DIR:-{{ justfile_directory() }}/target}/release/hooksentry-auth" \
    cargo test --quiet --package auth-e2e --test servers -- --nocapture a_logout_takes_effect_on_every_instance_in_time \
        | grep 'from the 204'

# Print figures about the structure of the sources, of the whole workspace or of one folder
figures FOLDER="":
    @cargo run --quiet --package auth-figures -- {{ FOLDER }}

# Attack a release build for five minutes, directly and behind nginx; it fails if honest clients are rejected or wait too long
attack *ATTACKS: system-packages
    @cargo bench --quiet --package auth-e2e --bench attack -- {{ ATTACKS }}

# Build and serve; the first start prints the owner's password and three calls to try
run *ARGS:
    @cargo run --release -- {{ ARGS }}

# Format the code
fmt:
    @cargo fmt --all

# Check the format
fmt-check:
    @cargo fmt --all --check

# Run clippy on everything
lint:
    @cargo clippy --quiet --workspace --all-targets --all-features -- -D warnings

# Test each crate alone, as a developer of that crate does
crate-tests:
    @crates=$(cargo tree --workspace --depth 0 --prefix none | awk 'NF { print $1 }'); \
    for crate in $crates; do \
        {{ just_executable() }} --justfile {{ justfile() }} crate-test "$crate"; \
    done

# Test one crate alone
crate-test CRATE:
    @echo; echo "== cargo test --package {{ CRATE }}"; cargo test --quiet --all-features --package {{ CRATE }}

# Build the documentation
docs:
    @RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps --all-features

# Not part of `just test`, because cargo-deny takes longer to build than everything else. CI runs it.
#
# Check licenses, banned crates and sources
deny:
    @cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
    cargo deny --workspace check licenses bans sources

# Build the static binary, dist/hooksentry-auth, which runs on every Linux of this architecture (a release build)
static: static-packages
    #!/usr/bin/env bash
    set -euo pipefail
    target={{ arch() }}-unknown-linux-musl
    if ! rustup target add "$target"; then
        echo "The target $target cannot be installed: linking glibc statically. Its name resolution needs the glibc of the build." >&2
        target={{ arch() }}-unknown-linux-gnu
        export RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static"
    fi
    cargo build --release --locked --package auth-server --target "$target"
    mkdir -p dist
    install "${CARGO_TARGET_DIR:-target}/$target/release/hooksentry-auth" dist/hooksentry-auth
    file dist/hooksentry-auth | grep --extended-regexp 'static(ally|-pie) linked'

# Make everything of a release in dist/: the archive, the Debian package, the list of components (CycloneDX) and the checksums
dist: static
    #!/usr/bin/env bash
    set -euo pipefail
    # Fixed versions: what they make is published.
    cargo deb --version >/dev/null 2>&1 || cargo install --locked cargo-deb@3.8.0
    cargo cyclonedx --version >/dev/null 2>&1 || cargo install --locked cargo-cyclonedx@0.5.9
    # Two runs on one commit make the same archive.
    export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    version=$(cargo pkgid --package auth-server | sed 's/.*[#@]//')
    name=hooksentry-auth-$version-{{ arch() }}-linux
    rm -rf dist/package-files "dist/$name" dist/*.tar.gz dist/*.deb dist/*.json dist/SHA256SUMS
    dist/hooksentry-auth package-files dist/package-files
    mkdir "dist/$name"
    cp -r dist/hooksentry-auth dist/package-files/* LICENSE README.md CHANGELOG.md config docs "dist/$name"
    git archive HEAD deploy | tar --extract --directory "dist/$name"
    tar --create --directory dist --sort=name --mode=u=rwX,go=rX --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner "$name" \
        | gzip --no-name > "dist/$name.tar.gz"
    rm -r "dist/$name"
    printf 'hooksentry-auth (%s-1) unstable; urgency=medium\n\n  * /usr/share/doc/hooksentry-auth/changelog.gz has the changes.\n\n -- %s  %s\n' \
        "$version" "$(sed --quiet 's/^maintainer = "\(.*\)"/\1/p' crates/server/Cargo.toml)" "$(date --utc --rfc-email --date "@$SOURCE_DATE_EPOCH")" > dist/changelog
    cargo deb --quiet --package auth-server --no-build --no-strip --output dist/
    cargo cyclonedx --quiet --manifest-path crates/server/Cargo.toml --format json --spec-version 1.5 \
        --target {{ arch() }}-unknown-linux-musl --override-filename components
    # Without the path of this clone.
    sed "s#path+file://$PWD/#path+file:///#g" crates/server/components.json > "dist/$name.cdx.json"
    find crates tests -name components.json -delete
    cd dist && sha256sum *.tar.gz *.deb *.cdx.json | tee SHA256SUMS

# Run the black-box tests on the static binary as an unprivileged user, without capabilities, in an empty and read-only root directory
restricted: system-packages static
    tests/restricted/run {{ on_any_store }}

# Check the dependencies against the RustSec database
advisories:
    @cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
    cargo deny --workspace check advisories

# Find dependencies that no code uses
machete:
    @cargo machete --version >/dev/null 2>&1 || cargo install --locked cargo-machete
    cargo machete --with-metadata

# Find misspelt words
typos:
    @command -v typos >/dev/null || cargo install --locked typos-cli
    typos

# Check everything with the minimum Rust version of Cargo.toml
msrv:
    #!/usr/bin/env bash
    set -euo pipefail
    version=$(sed --quiet 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    rustup toolchain install --profile minimal "$version"
    cargo "+$version" check --quiet --workspace --all-targets --all-features --locked

# Print the section of CHANGELOG.md for a tag; it fails unless the tag is the version of Cargo.toml and the section has a text
release-notes TAG:
    #!/usr/bin/env bash
    set -euo pipefail
    version=$(sed --quiet 's/^version = "\(.*\)"/\1/p' Cargo.toml | head --lines 1)
    tag={{ quote(TAG) }}
    if [ "$tag" != "v$version" ]; then
        echo "the tag $tag is not v$version, the version in Cargo.toml; correct one of them" >&2
        exit 1
    fi
    notes=$(awk -v heading="## [$version]" 'index($0, "## ") == 1 { inside = index($0, heading) == 1; next }
        /^\[.*\]: / { inside = 0 } inside' CHANGELOG.md)
    if [ -z "${notes//[[:space:]]/}" ]; then
        echo "CHANGELOG.md has no section \"## [$version]\" with a text; rename \"Unreleased\" and add the date" >&2
        exit 1
    fi
    echo "$notes"

# Install the package of `just dist` in a Debian that boots in a container, and use it as an operator does (root, network; three minutes)
package-test:
    @command -v debootstrap >/dev/null && command -v systemd-nspawn >/dev/null \
        || {{ just_executable() }} --justfile {{ justfile() }} install debootstrap systemd-container
    tests/package/run

# Install what the build and the tests need from the system; without root, print the line to run
system-packages:
    #!/usr/bin/env bash
    set -euo pipefail
    missing=()
    echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1 || missing+=(gcc libc6-dev)
    command -v curl >/dev/null || missing+=(curl)
    command -v redis-server >/dev/null || missing+=(redis-server)
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx)
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
    [ "${#missing[@]}" -eq 0 ] && exit 0
    {{ just_executable() }} --justfile {{ justfile() }} install "${missing[@]}"

# Install what only `just static` needs
static-packages:
    #!/usr/bin/env bash
    set -euo pipefail
    missing=()
    command -v musl-gcc >/dev/null || missing+=(musl-tools)
    command -v make >/dev/null || missing+=(make)
    command -v file >/dev/null || missing+=(file)
    [ "${#missing[@]}" -eq 0 ] || {{ just_executable() }} --justfile {{ justfile() }} install "${missing[@]}"

# Install what only `just bench` needs
bench-packages:
    #!/usr/bin/env bash
    set -euo pipefail
    missing=()
    command -v wrk >/dev/null || missing+=(wrk)
    command -v redis-benchmark >/dev/null || missing+=(redis-tools)
    [ "${#missing[@]}" -eq 0 ] || {{ just_executable() }} --justfile {{ justfile() }} install "${missing[@]}"

# Install what only `just interop` needs: Debian packages, and the packages that the lock files below tests/ pin
interop-packages: interop-python fake-clock
    #!/usr/bin/env bash
    set -euo pipefail
    missing=()
    for program in haproxy caddy npm chromium pgbouncer prometheus; do
        command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || missing+=("$program")
    done
    command -v systemd-analyze >/dev/null || missing+=(systemd)
    command -v openssl >/dev/null || missing+=(openssl)
    # A source file is run by the compiler, which a runtime alone does not have.
    [[ "$(java --list-modules 2>/dev/null)" == *jdk.compiler* ]] || missing+=(openjdk-17-jdk-headless)
    command -v mcs >/dev/null && command -v mono >/dev/null || missing+=(mono-mcs mono-runtime
        libmono-system-net-http4.0-cil libmono-system-runtime-serialization4.0-cil)
    [ "${#missing[@]}" -eq 0 ] || {{ just_executable() }} --justfile {{ justfile() }} install "${missing[@]}"
    for folder in tests/browser tests/interop; do
        npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel error
    done

# Install what moves the clock of one process
[private]
fake-clock:
    @compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null \
        || {{ just_executable() }} --justfile {{ justfile() }} install libfaketime

# Install the Python packages of `just interop`
[private]
interop-python:
    #!/usr/bin/env bash
    set -euo pipefail
    python3 -c 'import ensurepip' 2>/dev/null || {{ just_executable() }} --justfile {{ justfile() }} install python3-venv
    cd tests/interop
    python3 -m venv --clear .venv
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.txt

# Install Debian packages; without root, print the line to run
[private]
install +PACKAGES:
    #!/usr/bin/env bash
    set -euo pipefail
    install="apt-get install --yes --no-install-recommends {{ PACKAGES }}"
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        apt-get update --quiet --quiet
        DEBIAN_FRONTEND=noninteractive $install
    else
        echo "Some packages are missing. Run this (or what your system calls it), then try again:" >&2
        echo "    sudo apt-get update && sudo $install" >&2
        exit 1
    fi
