# what: Text in rot13 that becomes code.
# policy: standard
# finds: decoded_literal 10
# finds: forbidden_builtin 11
import codecs


def main() -> str:
    """Show a greeting."""
    line = codecs.decode("cevag('uryyb jbeyq, guvf vf ebg13')", "rot13")
    exec(line)
    return "done"
