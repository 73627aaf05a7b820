# attack: write to the random number generator that everybody uses
# expect: EACCES
# layers: landlock
def main(canary):
    with open("/dev/urandom", "wb", buffering=0) as device:
        device.write(b"not random")
    return "written"
