# attack: use the page at a fixed address that old kernels let everybody jump to
# expect: returns "a clock and nothing else"
# layers: always
# only: x86_64
import ctypes
import time


def main(canary):
    moment = (ctypes.c_int64 * 2)()
    ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)(0xFFFFFFFFFF600000)(ctypes.addressof(moment), None)
    return "a clock and nothing else" if abs(moment[0] - time.time()) < 5 else list(moment)
