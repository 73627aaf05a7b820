# attack: learn the same from the statistics of the cache
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    with open(os.__file__, "rb") as file:
        span, answer = (ctypes.c_uint64 * 2)(0, 0), (ctypes.c_uint64 * 5)()
        syscall("cachestat", file.fileno(), ctypes.byref(span), ctypes.byref(answer), 0)
    return list(answer)
