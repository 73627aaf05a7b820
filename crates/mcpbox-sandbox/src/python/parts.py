import ctypes
import json
import os
import sys
import sysconfig

stdlib = os.path.realpath(os.path.dirname(os.__file__))
prefix = os.path.realpath(sys.base_exec_prefix)
dynload = os.path.join(sysconfig.get_path("platstdlib", vars={"platbase": sys.base_exec_prefix}), "lib-dynload")
executable = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)

# Loading every compiled module shows which shared libraries are needed.
for name in sorted(os.listdir(dynload)) if os.path.isdir(dynload) else []:
    if name.endswith(".so") and not name.startswith(("_test", "_ctypes_test", "_tkinter", "nis", "readline", "_curses", "xx")):
        try:
            ctypes.CDLL(os.path.join(dynload, name))
        except OSError:
            pass
# Loaded by libc only when a thread ends, and what compiled wheels may expect of every system (the manylinux policies).
for name in (
    "libgcc_s.so.1", "libstdc++.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libutil.so.1",
    "libresolv.so.2", "libatomic.so.1", "libz.so.1", "libexpat.so.1",
):  # fmt: skip
    try:
        ctypes.CDLL(name)
    except OSError:
        pass

libraries, loader = {}, None
with open("/proc/self/maps") as maps:
    for line in maps:
        path = line.rstrip("\n").partition("/")[2]
        path = "/" + path if path else ""
        base = os.path.basename(path)
        if base.startswith("ld-") or base.startswith("ld64"):
            loader = path
        elif ".so" in base and not path.startswith((stdlib + "/", os.path.realpath(dynload) + "/")):
            libraries[path] = base


def soname(path):
    """The name under which others ask for a library: DT_SONAME, else its file name."""
    import struct

    with open(path, "rb") as file:
        data = file.read()
    offset, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<IIQQQQQQ", data, offset + size * i) for i in range(count)]
    dynamic = next((s for s in segments if s[0] == 2), None)
    entries = [] if dynamic is None else [struct.unpack_from("<qQ", data, dynamic[2] + at) for at in range(0, dynamic[5], 16)]
    tags = dict(reversed([e for e in entries if e[0]]))
    if 14 not in tags:
        return os.path.basename(path)
    strings = next(s[2] + tags[5] - s[3] for s in segments if s[0] == 1 and s[3] <= tags[5] < s[3] + s[5])
    start = strings + tags[14]
    return data[start : data.index(b"\0", start)].decode()


def interpreter(path):
    """The loader an executable names: PT_INTERP."""
    import struct

    with open(path, "rb") as file:
        data = file.read()
    offset, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    for i in range(count):
        kind, _, at, _, _, length = struct.unpack_from("<IIQQQQ", data, offset + size * i)
        if kind == 3:
            return data[at : at + length - 1].decode()
    return None


version = "%d.%d" % sys.version_info[:2]
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "executable": executable,
    "stdlib": stdlib,
    "stdlib_below_prefix": os.path.join(getattr(sys, "platlibdir", "lib"), "python" + version),
    "dynload": os.path.realpath(dynload),
    "libraries": [[soname(path), path] for path in sorted(libraries)],
    "loader": interpreter(executable),
}))
