# attack: make a pair of another family
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    pair = (ctypes.c_int * 2)()
    return reach("socketpair", 2, 1, 0, ctypes.byref(pair))
