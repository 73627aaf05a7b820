# attack: name a family with garbage in the upper half, which the kernel drops and a careless filter compares
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    pair = (ctypes.c_int * 2)()
    try:
        syscall("socketpair", 1 << 32 | 1, 1, 0, ctypes.byref(pair))
    except PermissionError:
        return syscall("socket", 1 << 32 | 1, 1, 0)
    return "paired"
