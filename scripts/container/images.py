"""Makes the images of the test run: the base that the Dockerfile names, from Debian's packages; MCPbox on it, with a program that is built
already (`MCPBOX_LONG=1`: also the whole Dockerfile, compiling in it); and stand-ins for the images of PostgreSQL, HAProxy and cloudflared."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from engine import ROOT, WORK, Engine, docker

HERE = Path(__file__).parent
DEBIAN = "trixie"
BASE = f"debian:{DEBIAN}-slim"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "ca-certificates,python3,python3-pip"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def main(program: Path, cache: Path) -> None:
    engine = Engine("--bridge=none", "--iptables=false", "--ip-forward=false")
    try:
        make_base(cache)
        make_mcpbox(program)
        build("stand-ins", HERE / "stand-ins", target="postgres", tag="postgres:17")
        build("stand-ins", HERE / "stand-ins", target="haproxy", tag="haproxy:3.2")
        build("stand-ins", HERE / "stand-ins", target="cloudflared", tag="cloudflare/cloudflared:2026.3.0")
        if os.environ.get("MCPBOX_LONG") == "1":
            compile_inside()
        # Programs of earlier runs; the cache would grow with each.
        docker("image", "prune", "--force")
        docker("builder", "prune", "--force", "--keep-storage", "2GB")
    finally:
        engine.stop()


def make_base(cache: Path) -> None:
    """Debian as the official image has it, plus what would be fetched in every build, and this machine's certificate authorities."""
    recipe = hashlib.sha256(f"{DEBIAN} {PACKAGES}".encode() + CERTIFICATES.read_bytes()).hexdigest()
    if docker("images", "--quiet", "--filter", f"label=recipe={recipe}", BASE).strip():
        return
    print(f"Making {BASE} with debootstrap …", flush=True)
    tree = cache / "debian"
    shutil.rmtree(tree, ignore_errors=True)
    run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", DEBIAN, str(tree), MIRROR, quiet=True)
    for directory in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(tree / directory, ignore_errors=True)
        (tree / directory / "partial").mkdir(parents=True)
    shutil.copy(CERTIFICATES, tree / "etc/ssl/certs/ca-certificates.crt")
    with subprocess.Popen(["tar", "--directory", str(tree), "--create", "."], stdout=subprocess.PIPE) as tar:
        docker("import", "--change", f"LABEL recipe={recipe}", "-", BASE, stdin=tar.stdout, limit_s=300)
    shutil.rmtree(tree)


def make_mcpbox(program: Path) -> None:
    """The Dockerfile with the stage `prebuilt` in place of the compiling one; the context holds what .dockerignore lets through."""
    context = WORK / "context"
    for name in ("deploy/Dockerfile", "runner/requirements.lock", "runner/uv.lock"):
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, context / name)
    run("strip", "--strip-debug", "-o", str(context / "deploy/mcpbox"), str(program))
    build("deploy/Dockerfile", context, file=context / "deploy/Dockerfile", tag="mcpbox:local", arguments=["PROGRAM=prebuilt"])


def compile_inside() -> None:
    """The Dockerfile as it stands. The images of Rust and Node are the base with this machine's toolchains."""
    toolchain = Path(subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip())
    node = Path(shutil.which("node") or sys.exit("node is not installed")).resolve().parents[1]
    context = WORK / "toolchains"
    context.mkdir()
    run("cp", "--archive", str(toolchain), str(context / "rust"))
    (context / "node").mkdir()
    for part in ("bin/node", "bin/npm", "bin/npx", "lib/node_modules/npm"):
        target = context / "node" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        run("cp", "--archive", str(node / part), str(target))
    shutil.copy(HERE / "stand-ins/toolchains", context / "Dockerfile")
    build("toolchains", context, target="rust", tag="rust:1.95-slim-trixie", limit_s=900)
    build("toolchains", context, target="node", tag="node:24-trixie-slim", limit_s=900)
    shutil.rmtree(context)
    build("deploy/Dockerfile", ROOT, file=ROOT / "deploy/Dockerfile", tag="mcpbox:compiled", limit_s=3600)
    print(docker("run", "--rm", "--network", "none", "mcpbox:compiled", "--version"), end="")


def build(
    name: str,
    context: Path,
    *,
    tag: str,
    file: Path | None = None,
    target: str = "",
    arguments: list[str] | None = None,
    limit_s: float = 600,
) -> None:
    print(f"Building {tag} from {name} …", flush=True)
    words = ["--file", str(file)] if file else []
    words += ["--target", target] if target else []
    words += [word for argument in arguments or [] for word in ("--build-arg", argument)]
    docker("build", "--network", "host", "--tag", tag, *words, str(context), limit_s=limit_s)


def run(*command: str, quiet: bool = False) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} → {done.returncode}\n{done.stdout[-4000:]}")
    if done.stdout.strip() and not quiet:
        print(done.stdout, end="")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
