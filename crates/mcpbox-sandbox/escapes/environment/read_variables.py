# attack: look for secrets in the environment variables
# expect: LookupError
# layers: always
import os

KNOWN = {
    "LD_LIBRARY_PATH", "LANG", "LC_CTYPE", "TZ", "HOME", "TMPDIR",
    "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "MCPBOX_SITE", "LD_BIND_NOW",
}  # fmt: skip


def main(canary):
    more = {name: value for name, value in os.environ.items() if name not in KNOWN}
    if not more:
        raise LookupError("nothing but what the jail sets")
    return more
