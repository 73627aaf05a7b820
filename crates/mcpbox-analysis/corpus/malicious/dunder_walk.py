# what: From a tuple to all classes.
# policy: standard
# finds: dunder_attribute 6
def main(name: str) -> str:
    """Find a class."""
    classes = ().__class__.__base__.__subclasses__()
    return str([cls for cls in classes if name in str(cls)])
