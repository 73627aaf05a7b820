# attack: use up memory by moving the end of the heap
# expect: memory
# layers: limits
import ctypes


def main(canary):
    libc = ctypes.CDLL(None)
    libc.sbrk.restype = ctypes.c_long
    if libc.sbrk(ctypes.c_long(150 << 20)) == -1:
        raise MemoryError
    return "grown"
