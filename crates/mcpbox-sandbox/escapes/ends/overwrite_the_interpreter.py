# attack: destroy objects of the interpreter
# expect: exception
# layers: supervisor
import ctypes


def main(canary):
    ctypes.memset(id(type) + 16, 0x41, 64)
    return type(1)
