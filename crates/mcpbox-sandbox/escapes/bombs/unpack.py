# attack: unpack a few bytes into a lot of memory
# expect: memory
# layers: limits cgroup
import zlib


def main(canary):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = block * 150 + packer.flush()
    return len(zlib.decompress(packed, -15))
