# what: YAML to JSON with a package.
# packages: pyyaml
import yaml


def main(text: str) -> str:
    """Convert YAML to JSON."""
    return json.dumps(yaml.safe_load(text), indent=2, ensure_ascii=False)
